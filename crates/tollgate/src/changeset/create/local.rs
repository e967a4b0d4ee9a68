//! What a template leaves on this machine, where CloudFormation does not find it.

use emulator::template::{Document, Written};

/// Properties that `aws cloudformation package` uploads ("package", AWS CLI Command Reference) and whose values in a
/// template for CloudFormation are addresses; those that may hold their content in place as text are left out.
const UPLOADED: [(&str, &str); 18] = [
    ("AWS::CloudFormation::Stack", "TemplateURL"),
    ("AWS::Lambda::Function", "Code"),
    ("AWS::Lambda::LayerVersion", "Content"),
    ("AWS::ApiGateway::RestApi", "BodyS3Location"),
    ("AWS::AppSync::GraphQLSchema", "DefinitionS3Location"),
    ("AWS::AppSync::Resolver", "RequestMappingTemplateS3Location"),
    (
        "AWS::AppSync::Resolver",
        "ResponseMappingTemplateS3Location",
    ),
    ("AWS::ElasticBeanstalk::ApplicationVersion", "SourceBundle"),
    ("AWS::Glue::Job", "Command.ScriptLocation"),
    ("AWS::StepFunctions::StateMachine", "DefinitionS3Location"),
    ("AWS::Serverless::Api", "DefinitionUri"),
    ("AWS::Serverless::Application", "Location"),
    ("AWS::Serverless::Function", "CodeUri"),
    ("AWS::Serverless::GraphQLApi", "SchemaUri"),
    ("AWS::Serverless::HttpApi", "DefinitionUri"),
    ("AWS::Serverless::LayerVersion", "ContentUri"),
    ("AWS::Serverless::StateMachine", "DefinitionUri"),
    ("AWS::CloudFormation::ModuleVersion", "ModulePackage"),
];

/// The first such property: its place and its value. None of a text that is no template; CloudFormation says so better.
pub(super) fn first(template: &str) -> Option<String> {
    let document = Document::read(template).ok()?;
    let globals = document.top().at(&["Globals", "Function", "CodeUri"]);
    if let Some(found) = globals.and_then(local) {
        return Some(found);
    }
    let resources = document.top().get("Resources")?;
    resources.entries().find_map(|(_, resource)| {
        let resource_type = resource.get("Type")?.as_text()?;
        let mut of_type = UPLOADED.iter().filter(|(of, _)| *of == resource_type);
        of_type.find_map(|(_, property)| {
            let path: Vec<&str> = property.split('.').collect();
            local(resource.get("Properties")?.at(&path)?)
        })
    })
}

fn local(value: Written<'_>) -> Option<String> {
    // An address may also be composed of parameters, or be an object.
    let text = value.as_text()?;
    let is_address = ["s3://", "http://", "https://", "arn:", "{{resolve:"]
        .iter()
        .any(|scheme| text.starts_with(scheme));
    (!is_address).then(|| format!("{} is {text:?}", value.place()))
}

#[cfg(test)]
mod tests {
    use super::first;

    fn check(resource: &str, expected: Option<&str>) {
        let template = format!("Resources:\n  It:\n    {resource}\n");
        assert_eq!(first(&template).as_deref(), expected, "{resource}");
    }

    #[test]
    fn a_path_of_this_machine_is_found() {
        let rows = [
            (
                "{Type: AWS::Serverless::Function, Properties: {CodeUri: .}}",
                Some("3:61: Resources.It.Properties.CodeUri is \".\""),
            ),
            (
                "{Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: ./nested.yaml}}",
                Some("3:66: Resources.It.Properties.TemplateURL is \"./nested.yaml\""),
            ),
            (
                "{Type: AWS::Glue::Job, Properties: {Command: {ScriptLocation: job.py}}}",
                Some("3:67: Resources.It.Properties.Command.ScriptLocation is \"job.py\""),
            ),
            (
                "{Type: AWS::Serverless::Function, Properties: {CodeUri: s3://bucket/key}}",
                None,
            ),
            (
                "{Type: AWS::Serverless::Function, Properties: {CodeUri: {Bucket: b, Key: k}}}",
                None,
            ),
            (
                "{Type: AWS::Serverless::Function, Properties: {InlineCode: pass}}",
                None,
            ),
            (
                "{Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: !Sub '${Base}/a.yaml'}}",
                None,
            ),
            (
                "{Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: 'https://host/a.yaml'}}",
                None,
            ),
            (
                "{Type: AWS::Lambda::Function, Properties: {Code: {ZipFile: pass}}}",
                None,
            ),
            (
                "{Type: AWS::DynamoDB::Table, Properties: {CodeUri: .}}",
                None,
            ),
            ("[not, a, resource]", None),
            ("{a: b: c", None),
        ];
        for (resource, expected) in rows {
            check(resource, expected);
        }
        assert_eq!(
            first("Globals: {Function: {CodeUri: ./src}}\nResources: {}\n").as_deref(),
            Some("1:31: Globals.Function.CodeUri is \"./src\"")
        );
    }
}
