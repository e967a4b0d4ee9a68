//! What kind of thing a resource is, as far as losing it goes.

/// What losing a resource of a type would lose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Data.
    Stateful,
    /// Whatever is in a nested stack.
    NestedStack,
    /// What a custom resource's own code decides.
    Custom,
    /// Nothing: a new one comes with every deployment, as of versions of functions.
    Routine,
    /// Perhaps its identity: name, ARN, endpoint.
    Other,
}

impl Class {
    /// The class of a type that nobody has said anything else of.
    pub(crate) fn of(resource_type: &str) -> Self {
        if STATEFUL.binary_search(&resource_type).is_ok() {
            Self::Stateful
        } else if resource_type == NESTED_STACK {
            Self::NestedStack
        } else if ROUTINE.contains(&resource_type) {
            Self::Routine
        } else if is_custom(resource_type) {
            Self::Custom
        } else {
            Self::Other
        }
    }
}

/// A resource that somebody's own code makes.
pub(crate) fn is_custom(resource_type: &str) -> bool {
    resource_type == "AWS::CloudFormation::CustomResource" || resource_type.starts_with("Custom::")
}

/// A stack in a stack.
pub(crate) const NESTED_STACK: &str = "AWS::CloudFormation::Stack";

/// What is new with every deployment.
const ROUTINE: [&str; 6] = [
    "AWS::ApiGateway::Deployment",
    "AWS::ApiGatewayV2::Deployment",
    "AWS::CDK::Metadata",
    "AWS::ECS::TaskDefinition",
    LAMBDA_VERSION,
    "AWS::Lambda::LayerVersion",
];

/// A version of a function, which an alias may have to go back to.
pub(crate) const LAMBDA_VERSION: &str = "AWS::Lambda::Version";

/// The types that hold data, sorted: those of cfn-lint 1.58 (`data/AdditionalSpecs/StatefulResources.json`, its rule
/// I3011, from which the CDK has its `isStateful`, too) but for nested stacks, which have a class of their own, and others
/// that hold data and are not in that list.
const STATEFUL: [&str; 55] = [
    "AWS::Backup::BackupVault",
    "AWS::Cassandra::Keyspace",
    "AWS::Cassandra::Table",
    "AWS::CloudTrail::EventDataStore",
    "AWS::CodeCommit::Repository",
    "AWS::Cognito::IdentityPool",
    "AWS::Cognito::UserPool",
    "AWS::DSQL::Cluster",
    "AWS::DocDB::DBCluster",
    "AWS::DocDB::DBInstance",
    "AWS::DocDBElastic::Cluster",
    "AWS::DynamoDB::GlobalTable",
    "AWS::DynamoDB::Table",
    "AWS::EC2::Volume",
    "AWS::ECR::Repository",
    "AWS::EFS::FileSystem",
    "AWS::EMR::Cluster",
    "AWS::ElastiCache::CacheCluster",
    "AWS::ElastiCache::ReplicationGroup",
    "AWS::ElastiCache::ServerlessCache",
    "AWS::Elasticsearch::Domain",
    "AWS::Events::Archive",
    "AWS::FSx::FileSystem",
    "AWS::KMS::Key",
    "AWS::KMS::ReplicaKey",
    "AWS::Kinesis::Stream",
    "AWS::Logs::LogGroup",
    "AWS::MSK::Cluster",
    "AWS::MSK::ServerlessCluster",
    "AWS::MemoryDB::Cluster",
    "AWS::Neptune::DBCluster",
    "AWS::Neptune::DBInstance",
    "AWS::NeptuneGraph::Graph",
    "AWS::OpenSearchServerless::Collection",
    "AWS::OpenSearchService::Domain",
    "AWS::Organizations::Account",
    "AWS::QLDB::Ledger",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::RDS::GlobalCluster",
    "AWS::Redshift::Cluster",
    "AWS::RedshiftServerless::Namespace",
    "AWS::S3::Bucket",
    "AWS::S3Express::DirectoryBucket",
    "AWS::S3Tables::Table",
    "AWS::S3Tables::TableBucket",
    "AWS::S3Vectors::Index",
    "AWS::S3Vectors::VectorBucket",
    "AWS::SDB::Domain",
    "AWS::SQS::Queue",
    "AWS::SecretsManager::Secret",
    "AWS::Timestream::Database",
    "AWS::Timestream::InfluxDBInstance",
    "AWS::Timestream::Table",
    "Custom::AWSCDK-EKS-Cluster",
];

/// What is reached from outside under a name that a replacement does not keep, with that name.
const PUBLIC: [(&str, &str); 10] = [
    ("AWS::ApiGateway::RestApi", "its URL"),
    ("AWS::ApiGatewayV2::Api", "its URL"),
    ("AWS::CloudFront::Distribution", "its domain name"),
    ("AWS::Cognito::UserPoolClient", "its client ID"),
    ("AWS::EC2::EIP", "its address"),
    ("AWS::ElasticLoadBalancing::LoadBalancer", "its domain name"),
    (
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        "its domain name",
    ),
    (
        "AWS::IAM::Role",
        "its ARN and unique ID, which other accounts and keys may trust",
    ),
    ("AWS::Lambda::Url", "its URL"),
    ("AWS::Route53::HostedZone", "its name servers"),
];

/// What of a type's identity those outside lose when it is replaced.
pub(crate) fn public_identity(resource_type: &str) -> Option<&'static str> {
    let found = PUBLIC.iter().find(|(public, _)| *public == resource_type);
    found.map(|(_, identity)| *identity)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// cfn-lint 1.58, `data/AdditionalSpecs/StatefulResources.json`.
    const CFN_LINT: [&str; 29] = [
        "AWS::Backup::BackupVault",
        "AWS::CloudFormation::Stack",
        "AWS::Cognito::UserPool",
        "AWS::DocDB::DBCluster",
        "AWS::DocDB::DBInstance",
        "AWS::DynamoDB::GlobalTable",
        "AWS::DynamoDB::Table",
        "AWS::EC2::Volume",
        "AWS::EFS::FileSystem",
        "AWS::EMR::Cluster",
        "AWS::ElastiCache::CacheCluster",
        "AWS::ElastiCache::ReplicationGroup",
        "AWS::Elasticsearch::Domain",
        "AWS::FSx::FileSystem",
        "AWS::KMS::Key",
        "AWS::Kinesis::Stream",
        "AWS::Logs::LogGroup",
        "AWS::Neptune::DBCluster",
        "AWS::Neptune::DBInstance",
        "AWS::OpenSearchService::Domain",
        "AWS::Organizations::Account",
        "AWS::QLDB::Ledger",
        "AWS::RDS::DBCluster",
        "AWS::RDS::DBInstance",
        "AWS::Redshift::Cluster",
        "AWS::S3::Bucket",
        "AWS::SDB::Domain",
        "AWS::SQS::Queue",
        "AWS::SecretsManager::Secret",
    ];

    /// What holds data beside them, of the provider schemas that cfn-lint has.
    const FURTHER: [&str; 26] = [
        "AWS::Cassandra::Keyspace",
        "AWS::Cassandra::Table",
        "AWS::CloudTrail::EventDataStore",
        "AWS::CodeCommit::Repository",
        "AWS::Cognito::IdentityPool",
        "AWS::DSQL::Cluster",
        "AWS::DocDBElastic::Cluster",
        "AWS::ECR::Repository",
        "AWS::ElastiCache::ServerlessCache",
        "AWS::Events::Archive",
        "AWS::KMS::ReplicaKey",
        "AWS::MSK::Cluster",
        "AWS::MSK::ServerlessCluster",
        "AWS::MemoryDB::Cluster",
        "AWS::NeptuneGraph::Graph",
        "AWS::OpenSearchServerless::Collection",
        "AWS::RDS::GlobalCluster",
        "AWS::RedshiftServerless::Namespace",
        "AWS::S3Express::DirectoryBucket",
        "AWS::S3Tables::Table",
        "AWS::S3Tables::TableBucket",
        "AWS::S3Vectors::Index",
        "AWS::S3Vectors::VectorBucket",
        "AWS::Timestream::Database",
        "AWS::Timestream::InfluxDBInstance",
        "AWS::Timestream::Table",
    ];

    #[test]
    fn everything_that_is_known_to_hold_data_is_stateful_and_nothing_else() {
        assert!(STATEFUL.is_sorted());
        // Nested stacks have a class of their own; the CDK's clusters have a type of their own.
        assert_eq!(STATEFUL.len(), CFN_LINT.len() - 1 + FURTHER.len() + 1);
        for resource_type in CFN_LINT.into_iter().chain(FURTHER) {
            let class = Class::of(resource_type);
            assert!(
                matches!(class, Class::Stateful | Class::NestedStack),
                "{resource_type} is {class:?}"
            );
        }
        let rows = [
            ("AWS::Lambda::Version", Class::Routine),
            ("AWS::Lambda::LayerVersion", Class::Routine),
            ("AWS::ApiGateway::Deployment", Class::Routine),
            ("AWS::ApiGatewayV2::Deployment", Class::Routine),
            ("AWS::ECS::TaskDefinition", Class::Routine),
            ("AWS::CDK::Metadata", Class::Routine),
            ("AWS::SSM::Parameter", Class::Other),
            ("AWS::EC2::Instance", Class::Other),
            ("AWS::Lambda::Function", Class::Other),
            ("Custom::S3AutoDeleteObjects", Class::Custom),
            ("AWS::CloudFormation::CustomResource", Class::Custom),
            ("Custom::AWSCDK-EKS-Cluster", Class::Stateful),
            ("aws::dynamodb::table", Class::Other),
            ("", Class::Other),
        ];
        for (resource_type, class) in rows {
            assert_eq!(Class::of(resource_type), class, "{resource_type}");
        }
    }
}
