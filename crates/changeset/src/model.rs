//! A change set as CloudFormation describes it (`DescribeChangeSet`, API version 2010-05-15), as far as a review needs it.

use serde::Deserialize;

/// Declares an enumeration of the service model that keeps a value which is not in it: CloudFormation's enumerations grow,
/// and what is not known must be judged, not refused by a parser.
macro_rules! words {
    ($(#[$documented:meta])* $name:ident { $($(#[$word_documented:meta])* $word:ident = $text:literal,)+ }) => {
        $(#[$documented])*
        #[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
        #[serde(from = "String")]
        pub enum $name {
            $($(#[$word_documented])* $word,)+
            /// A value that the service model did not have when this was written.
            Other(String),
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                match text.as_str() {
                    $($text => Self::$word,)+
                    _ => Self::Other(text),
                }
            }
        }

        impl $name {
            /// Every value of the service model.
            pub const ALL: &[Self] = &[$(Self::$word),+];

            /// The value as CloudFormation spells it.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$word => $text,)+
                    Self::Other(text) => text,
                }
            }
        }
    };
}

words! {
    /// `Status` of a change set.
    Status {
        /// It waits for its creation.
        CreatePending = "CREATE_PENDING",
        /// It is being created.
        CreateInProgress = "CREATE_IN_PROGRESS",
        /// It is created.
        CreateComplete = "CREATE_COMPLETE",
        /// It waits for its deletion.
        DeletePending = "DELETE_PENDING",
        /// It is being deleted.
        DeleteInProgress = "DELETE_IN_PROGRESS",
        /// It is deleted.
        DeleteComplete = "DELETE_COMPLETE",
        /// It could not be deleted.
        DeleteFailed = "DELETE_FAILED",
        /// It could not be created; also where there is nothing to change.
        Failed = "FAILED",
    }
}

words! {
    /// `ExecutionStatus` of a change set.
    ExecutionStatus {
        /// It cannot be executed: it is not created yet, or it is a nested one.
        Unavailable = "UNAVAILABLE",
        /// It can be executed.
        Available = "AVAILABLE",
        /// It is being executed.
        ExecuteInProgress = "EXECUTE_IN_PROGRESS",
        /// It was executed.
        ExecuteComplete = "EXECUTE_COMPLETE",
        /// Its execution failed.
        ExecuteFailed = "EXECUTE_FAILED",
        /// The stack was changed otherwise since.
        Obsolete = "OBSOLETE",
    }
}

words! {
    /// `Action` of a resource change.
    Action {
        /// A new resource.
        Add = "Add",
        /// A change of a resource, perhaps by replacing it.
        Modify = "Modify",
        /// The resource leaves the stack.
        Remove = "Remove",
        /// An existing resource joins the stack.
        Import = "Import",
        /// CloudFormation cannot tell before it executes the change set.
        Dynamic = "Dynamic",
        /// The template takes over what drifted.
        SyncWithActual = "SyncWithActual",
    }
}

words! {
    /// `Replacement` of a `Modify`.
    Replacement {
        /// A new resource takes the old one's place.
        True = "True",
        /// The resource stays.
        False = "False",
        /// CloudFormation cannot tell before it executes the change set.
        Conditional = "Conditional",
    }
}

words! {
    /// `PolicyAction` of a resource change: what becomes of the old resource. It takes `DeletionPolicy`,
    /// `UpdateReplacePolicy` and the defaults of types into account.
    PolicyAction {
        /// It is deleted.
        Delete = "Delete",
        /// It stays, outside of the stack.
        Retain = "Retain",
        /// It is deleted after a snapshot.
        Snapshot = "Snapshot",
        /// It is replaced and deleted.
        ReplaceAndDelete = "ReplaceAndDelete",
        /// It is replaced and stays, outside of the stack.
        ReplaceAndRetain = "ReplaceAndRetain",
        /// It is replaced and deleted after a snapshot.
        ReplaceAndSnapshot = "ReplaceAndSnapshot",
    }
}

words! {
    /// `RequiresRecreation` of a change's target.
    RequiresRecreation {
        /// The resource stays.
        Never = "Never",
        /// It depends.
        Conditionally = "Conditionally",
        /// The resource is replaced, if the value changes.
        Always = "Always",
    }
}

words! {
    /// `Evaluation` of a change's detail.
    Evaluation {
        /// The value after the change is known.
        Static = "Static",
        /// The value after the change is known when the change set is executed.
        Dynamic = "Dynamic",
    }
}

words! {
    /// `ChangeSource` of a change's detail: what makes the value change.
    ChangeSource {
        /// `Ref` of a resource.
        ResourceReference = "ResourceReference",
        /// `Ref` of a parameter.
        ParameterReference = "ParameterReference",
        /// `Fn::GetAtt` of a resource.
        ResourceAttribute = "ResourceAttribute",
        /// The template's text.
        DirectModification = "DirectModification",
        /// A nested stack, whose template CloudFormation looks into.
        Automatic = "Automatic",
        /// Nothing; only drift is looked at.
        NoModification = "NoModification",
    }
}

/// A change set: of a stack, or of a stack nested in it.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ChangeSet {
    /// `ChangeSetId`, an ARN; the console's export of changes does not have it.
    #[serde(alias = "changeSetId", rename = "ChangeSetId", default)]
    pub id: Option<String>,
    /// `ChangeSetName`.
    #[serde(alias = "changeSetName", rename = "ChangeSetName", default)]
    pub name: Option<String>,
    /// `StackName`.
    #[serde(alias = "stackName", rename = "StackName", default)]
    pub stack_name: Option<String>,
    /// `StackId`, an ARN.
    #[serde(alias = "stackId", rename = "StackId", default)]
    pub stack_id: Option<String>,
    /// `Status`; the console's export does not have it.
    #[serde(alias = "status", rename = "Status", default)]
    pub status: Option<Status>,
    /// `StatusReason`, for people.
    #[serde(alias = "statusReason", rename = "StatusReason", default)]
    pub status_reason: Option<String>,
    /// `ExecutionStatus`.
    #[serde(alias = "executionStatus", rename = "ExecutionStatus", default)]
    pub execution_status: Option<ExecutionStatus>,
    /// `NextToken`: there are changes on a next page.
    #[serde(alias = "nextToken", rename = "NextToken", default)]
    pub next_token: Option<String>,
    /// `ParentChangeSetId`, of a nested one.
    #[serde(alias = "parentChangeSetId", rename = "ParentChangeSetId", default)]
    pub parent_id: Option<String>,
    /// `RootChangeSetId`, of a nested one.
    #[serde(alias = "rootChangeSetId", rename = "RootChangeSetId", default)]
    pub root_id: Option<String>,
    /// `Parameters`, of the stack as it will be.
    #[serde(
        alias = "parameters",
        rename = "Parameters",
        default,
        deserialize_with = "list"
    )]
    pub parameters: Vec<Parameter>,
    /// `Changes`.
    #[serde(
        alias = "changes",
        rename = "Changes",
        default,
        deserialize_with = "list"
    )]
    pub changes: Vec<Change>,
}

/// A parameter of a stack, with its value.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Parameter {
    /// `ParameterKey`.
    #[serde(alias = "parameterKey", rename = "ParameterKey", default)]
    pub key: Option<String>,
    /// `ParameterValue`; asterisks of a `NoEcho` parameter, a name of one that is read from SSM.
    #[serde(alias = "parameterValue", rename = "ParameterValue", default)]
    pub value: Option<String>,
    /// `ResolvedValue`, of one that is read from SSM.
    #[serde(alias = "resolvedValue", rename = "ResolvedValue", default)]
    pub resolved: Option<String>,
}

/// One change.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Change {
    /// `Type`; `Resource` is all that there is.
    #[serde(alias = "type", rename = "Type", default)]
    pub kind: Option<String>,
    /// `ResourceChange`.
    #[serde(alias = "resourceChange", rename = "ResourceChange", default)]
    pub resource: Option<ResourceChange>,
}

/// What happens to one resource.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ResourceChange {
    /// `Action`.
    #[serde(alias = "action", rename = "Action", default)]
    pub action: Option<Action>,
    /// `LogicalResourceId`.
    #[serde(alias = "logicalResourceId", rename = "LogicalResourceId", default)]
    pub logical_id: Option<String>,
    /// `PhysicalResourceId`, of a resource that is there.
    #[serde(alias = "physicalResourceId", rename = "PhysicalResourceId", default)]
    pub physical_id: Option<String>,
    /// `ResourceType`, such as `AWS::DynamoDB::Table`.
    #[serde(alias = "resourceType", rename = "ResourceType", default)]
    pub resource_type: Option<String>,
    /// `Replacement`; it says something of a `Modify` only.
    #[serde(alias = "replacement", rename = "Replacement", default)]
    pub replacement: Option<Replacement>,
    /// `PolicyAction`.
    #[serde(alias = "policyAction", rename = "PolicyAction", default)]
    pub policy_action: Option<PolicyAction>,
    /// `Scope`: which of the resource's attributes change.
    #[serde(alias = "scope", rename = "Scope", default, deserialize_with = "list")]
    pub scope: Vec<String>,
    /// `Details`.
    #[serde(
        alias = "details",
        rename = "Details",
        default,
        deserialize_with = "list"
    )]
    pub details: Vec<Detail>,
    /// `ChangeSetId` of a nested stack's own change set.
    #[serde(alias = "changeSetId", rename = "ChangeSetId", default)]
    pub change_set_id: Option<String>,
    /// `ResourceDriftStatus`, of a change set that looks at drift: `DELETED` where the resource is gone.
    #[serde(alias = "resourceDriftStatus", rename = "ResourceDriftStatus", default)]
    pub drift_status: Option<String>,
    /// `BeforeContext`: the resource before the change, as JSON in a string; only with property values.
    #[serde(alias = "beforeContext", rename = "BeforeContext", default)]
    pub before_context: Option<String>,
    /// `AfterContext`: the resource after the change, as JSON in a string; only with property values.
    #[serde(alias = "afterContext", rename = "AfterContext", default)]
    pub after_context: Option<String>,
}

/// Why one attribute or property of a resource changes.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Detail {
    /// `Target`.
    #[serde(alias = "target", rename = "Target", default)]
    pub target: Option<Target>,
    /// `Evaluation`.
    #[serde(alias = "evaluation", rename = "Evaluation", default)]
    pub evaluation: Option<Evaluation>,
    /// `ChangeSource`; it may be absent, for example where tags of the stack change.
    #[serde(alias = "changeSource", rename = "ChangeSource", default)]
    pub change_source: Option<ChangeSource>,
    /// `CausingEntity`: a logical ID, one with an attribute, or a parameter's name.
    #[serde(alias = "causingEntity", rename = "CausingEntity", default)]
    pub causing_entity: Option<String>,
}

/// What changes of a resource.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Target {
    /// `Attribute`: `Properties`, `Metadata`, `DeletionPolicy`, …
    #[serde(alias = "attribute", rename = "Attribute", default)]
    pub attribute: Option<String>,
    /// `Name` of the property.
    #[serde(alias = "name", rename = "Name", default)]
    pub name: Option<String>,
    /// `RequiresRecreation`.
    #[serde(alias = "requiresRecreation", rename = "RequiresRecreation", default)]
    pub requires_recreation: Option<RequiresRecreation>,
    /// `Path` of the property, such as `/Properties/TableName`.
    #[serde(alias = "path", rename = "Path", default)]
    pub path: Option<String>,
    /// `BeforeValue`, perhaps cut; only with property values.
    #[serde(alias = "beforeValue", rename = "BeforeValue", default)]
    pub before_value: Option<String>,
    /// `AfterValue`, perhaps cut; only with property values.
    #[serde(alias = "afterValue", rename = "AfterValue", default)]
    pub after_value: Option<String>,
}

impl Target {
    /// The property or attribute for people: its path, else its name, else the attribute.
    pub fn place(&self) -> Option<&str> {
        let named = self.path.as_deref().or(self.name.as_deref());
        named.or(self.attribute.as_deref())
    }
}

/// The `ResourceDriftStatus` of a resource that was deleted outside of its stack.
pub(crate) const DRIFTED_AWAY: &str = "DELETED";

/// A list that the AWS CLI may write as `null`.
fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
