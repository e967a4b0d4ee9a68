//! What people call a change set.

use std::io::{self, Write};

use anyhow::{Result, bail};

use crate::cli::{Connection, ReviewChangeset};

/// A change set on AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::changeset) enum Reference {
    /// By its ARN, which stands for no other one, ever.
    Arn(Arn),
    /// By names, which may stand for another one tomorrow.
    Names { stack: String, change_set: String },
}

/// The ARN of a change set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::changeset) struct Arn {
    text: String,
    region: String,
}

impl Arn {
    /// The ARN, where it has the shape of a change set's: `arn:aws:cloudformation:REGION:ACCOUNT:changeSet/NAME/ID`, in any
    /// partition (`aws`, `aws-cn`, `aws-us-gov`, …).
    pub(in crate::changeset) fn parse(text: &str) -> Option<Self> {
        Some(Self {
            region: region_of("changeSet", text)?.to_owned(),
            text: text.to_owned(),
        })
    }

    pub(in crate::changeset) fn as_str(&self) -> &str {
        &self.text
    }
}

/// The Region in CloudFormation's ARN of something of that kind.
fn region_of<'a>(kind: &str, text: &'a str) -> Option<&'a str> {
    let [arn, partition, service, region, _account, resource] =
        text.splitn(6, ':').collect::<Vec<_>>().try_into().ok()?;
    let is_partition = partition == "aws" || partition.starts_with("aws-");
    // It becomes a part of a host's name.
    let is_region = !region.is_empty()
        && region
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    let (of_kind, name) = resource.split_once('/')?;
    let is_text = |character: char| !character.is_whitespace() && !character.is_control();
    (arn == "arn"
        && is_partition
        && service == "cloudformation"
        && is_region
        && of_kind == kind
        && !name.is_empty()
        && text.chars().all(is_text))
    .then_some(region)
}

impl Reference {
    /// The change set of that ARN; `None` where it is none of a change set.
    pub(in crate::changeset) fn of_arn(text: &str) -> Option<Self> {
        Arn::parse(text).map(Self::Arn)
    }

    /// The change set on AWS that the arguments name; `None` where they name files.
    ///
    /// # Errors
    /// They name both.
    pub(in crate::changeset) fn of(args: &ReviewChangeset) -> Result<Option<Self>> {
        if let (Some(stack), Some(change_set)) = (&args.stack, &args.change_set) {
            return Ok(Some(Self::Names {
                stack: stack.clone(),
                change_set: change_set.clone(),
            }));
        }
        let mut sources = args.sources.iter();
        match sources.find_map(|source| Self::of_arn(source)) {
            Some(_) if args.sources.len() > 1 => bail!(
                "an ARN is reviewed alone: give it without other sources; the change sets of nested stacks are read with it"
            ),
            reference => Ok(reference),
        }
    }

    /// How to reach the change set: in the Region of its ARN or its stack's, unless the options say another, which `err` is
    /// told.
    pub(in crate::changeset) fn connection(
        &self,
        args: &Connection,
        err: &mut dyn Write,
    ) -> io::Result<Connection> {
        let own = match self {
            Self::Arn(arn) => Some(&*arn.region),
            Self::Names { stack, .. } => region_of("stack", stack),
        };
        if let (Some(region), Some(other)) = (own, &args.region)
            && other != region
        {
            writeln!(
                err,
                "warning: --region says {other}, and the change set is of {region}"
            )?;
        }
        Ok(Connection {
            region: args.region.clone().or_else(|| own.map(str::to_owned)),
            ..args.clone()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_is_known_by_its_shape() {
        let rows = [
            (
                "arn:aws:cloudformation:eu-west-1:123456789012:changeSet/name/uuid",
                Some("eu-west-1"),
            ),
            (
                "arn:aws-us-gov:cloudformation:us-gov-west-1:1:changeSet/n",
                Some("us-gov-west-1"),
            ),
            ("arn:aws:cloudformation:eu-west-1:1:changeSet/", None),
            ("arn:aws:cloudformation:eu-west-1:1:stack/name/uuid", None),
            ("arn:aws:cloudformation::1:changeSet/name/uuid", None),
            ("arn:aws:cloudformation:example.com/:1:changeSet/n", None),
            ("arn:aws:lambda:eu-west-1:1:changeSet/name", None),
            ("arn:awsome:cloudformation:eu-west-1:1:changeSet/n", None),
            ("arn:aws:cloudformation:eu-west-1:1:changeSet/a b", None),
            ("arn:aws:cloudformation:eu-west-1", None),
            ("root.json", None),
            ("-", None),
            ("", None),
        ];
        for (text, region) in rows {
            let arn = Arn::parse(text);
            assert_eq!(arn.as_ref().map(|arn| &*arn.region), region, "{text}");
            assert!(arn.is_none_or(|arn| arn.as_str() == text));
        }
    }
}
