#!/usr/bin/env bash
# What `tollgate init` writes into a template as `sam init` makes it passes `sam validate --lint` and `sam build`.
#
# Takes the folder of the program `tollgate`; needs SAM CLI and a Python 3.11 on the PATH.
set -euo pipefail
tollgate=$(realpath "${1:-target/debug}")/tollgate
app=$(mktemp -d)
trap 'rm -rf "$app"' EXIT
cd "$app"

mkdir -p hello_world events/hello gate/pre-traffic gate/post-traffic gate/canary-watch
# SAM packages what is there; it need not run here.
for program in pre-traffic post-traffic canary-watch; do
  printf '#!/bin/sh\n' >"gate/$program/bootstrap"
  chmod +x "gate/$program/bootstrap"
done
printf 'def lambda_handler(event, context):\n    return {"statusCode": 200, "body": "{}"}\n' >hello_world/app.py
: >hello_world/requirements.txt
printf '{"httpMethod": "GET"}\n' >events/hello/Hello.json
cat >template.yaml <<'TEMPLATE'
AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::Serverless-2016-10-31
Description: Sample SAM Template for hello
Globals:
  Function:
    Timeout: 3
    Architectures: [x86_64]

Resources:
  HelloWorldFunction:
    Type: AWS::Serverless::Function # More info about Function Resource
    Properties:
      CodeUri: hello_world/
      Handler: app.lambda_handler
      Runtime: python3.11
      Events:
        HelloWorld:
          Type: Api
          Properties:
            Path: /hello
            Method: get

Outputs:
  HelloWorldFunction:
    Value: !GetAtt HelloWorldFunction.Arn
TEMPLATE

"$tollgate" init --function-name hello
test -s events/hello/Hello.expect.json
sam validate --lint
sam build
grep -q 'IgnoreGlobals' .aws-sam/build/template.yaml
