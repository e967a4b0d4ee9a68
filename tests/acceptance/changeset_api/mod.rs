//! `tollgate changeset` with change sets from AWS: a stand-in of CloudFormation gives the answers that a row says.

mod cloud;
mod creating;
mod deployments;
mod executing;
mod failures;
mod interrupting;
mod reading;
mod refusals;
mod values;
mod waiting;
mod world;
