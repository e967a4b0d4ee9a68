//! `tollgate changeset` with change sets from AWS: a stand-in of CloudFormation gives the answers that a row says.

mod cloud;
mod deployments;
mod failures;
mod reading;
mod refusals;
mod values;
mod waiting;
