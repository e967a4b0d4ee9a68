use std::io::{Cursor, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A runtime in Bash that answers every request with the same number.
const RUNTIME: &str = r#"#!/usr/bin/env bash
answer=NUMBER
IFS=: read -r host port <<< "$AWS_LAMBDA_RUNTIME_API"
api=/2018-06-01/runtime/invocation
while :; do
  exec 3<>"/dev/tcp/$host/$port"
  printf 'GET %s/next HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$api" >&3
  while IFS=$'\r' read -r line <&3 && [ -n "$line" ]; do
    case "${line,,}" in lambda-runtime-aws-request-id:*) id="${line#*: }" ;; esac
  done
  exec 3>&-
  exec 3<>"/dev/tcp/$host/$port"
  printf 'POST %s/%s/response HTTP/1.1\r\nHost: localhost\r\nContent-Length: %s\r\nConnection: close\r\n\r\n%s' \
    "$api" "$id" "${#answer}" "$answer" >&3
  cat <&3 >/dev/null
  exec 3>&-
done
"#;

/// The zip file, in base64, of a function that answers `number`.
pub(super) fn answering(number: u32) -> String {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().unix_permissions(0o755);
    zip.start_file("bootstrap", options).unwrap();
    let program = RUNTIME.replace("NUMBER", &number.to_string());
    zip.write_all(program.as_bytes()).unwrap();
    STANDARD.encode(zip.finish().unwrap().into_inner())
}
