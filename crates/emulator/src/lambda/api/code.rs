//! Code as requests bring it: a zip file or, for local work, a path.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::ServiceError;
use crate::execution::{CodeError, CodeStore, MAX_UNZIPPED_BYTES, Program, Snapshot};
use crate::lambda::validation::{Violations, invalid_parameter};

/// The most bytes that a zip file may have in a request (Lambda quotas: 50 MB).
pub(super) const MAX_ZIPPED_BYTES: usize = 50 * 1024 * 1024;

/// The bucket whose keys are absolute paths of this machine. Nothing is called so on AWS, where the names of buckets
/// are taken worldwide.
const LOCAL: &str = "local";

/// `Code` of CreateFunction, `Content` of PublishLayerVersion, and members of UpdateFunctionCode.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Code {
    zip_file: Option<String>,
    s3_bucket: Option<String>,
    s3_key: Option<String>,
    image_uri: Option<String>,
}

impl Code {
    /// Whether a container image is meant.
    pub(super) fn is_image(&self) -> bool {
        self.image_uri.is_some()
    }

    pub(super) fn check(&self, violations: &mut Violations, at: &str) {
        violations.length(self.s3_bucket.as_deref(), &format!("{at}s3Bucket"), 3..=63);
        violations.length(self.s3_key.as_deref(), &format!("{at}s3Key"), 1..=1024);
    }

    /// A copy of the code.
    ///
    /// # Errors
    /// `InvalidParameterValueException`, `RequestEntityTooLargeException`, `SerializationException`.
    pub(super) fn snapshot(&self, store: &CodeStore) -> Result<Snapshot, ServiceError> {
        if self.is_image() {
            return Err(invalid_parameter(
                "the emulator runs no container images: use ZipFile",
            ));
        }
        match (&self.zip_file, &self.s3_bucket, &self.s3_key) {
            (Some(zip), None, None) => {
                let zip = STANDARD.decode(zip).map_err(|error| {
                    ServiceError::bad_request(
                        "SerializationException",
                        format!("ZipFile is no base64: {error}"),
                    )
                })?;
                zipped(&zip, store)
            }
            (Some(_), _, _) => Err(invalid_parameter(
                "Please do not provide other FunctionCode parameters when providing a ZipFile.",
            )),
            (None, Some(bucket), Some(key)) if bucket == LOCAL => local(Path::new(key), store),
            (None, Some(bucket), Some(_)) => Err(invalid_parameter(format!(
                "Error occurred while GetObject. S3 Error Code: NoSuchBucket. S3 Error Message: The specified bucket \
                 does not exist ({bucket}: the emulator has no S3; use ZipFile, or the bucket \"{LOCAL}\" with an \
                 absolute path as the key)"
            ))),
            (None, _, _) => Err(invalid_parameter(
                "Please provide a source for function code.",
            )),
        }
    }
}

/// What is at a path: a zip file, a directory that is a deployment package, or a program.
fn local(path: &Path, store: &CodeStore) -> Result<Snapshot, ServiceError> {
    let no_such_key = |why: String| {
        invalid_parameter(format!(
            "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not \
             exist. ({}: {why})",
            path.display()
        ))
    };
    if !path.is_absolute() {
        return Err(no_such_key("the path is not absolute".to_owned()));
    }
    let metadata = fs::metadata(path).map_err(|error| no_such_key(error.to_string()))?;
    if metadata.is_dir() {
        store.snapshot_directory(path).map_err(refused)
    } else if path.extension().is_some_and(|extension| extension == "zip") {
        let zip = fs::read(path).map_err(|error| no_such_key(error.to_string()))?;
        zipped(&zip, store)
    } else {
        store.snapshot(&Program::new(path)).map_err(refused)
    }
}

fn zipped(zip: &[u8], store: &CodeStore) -> Result<Snapshot, ServiceError> {
    if zip.len() > MAX_ZIPPED_BYTES {
        return Err(ServiceError::with_status(
            413,
            "RequestEntityTooLargeException",
            format!("Zipped size must be smaller than {MAX_ZIPPED_BYTES} bytes"),
        ));
    }
    store.snapshot_zip(zip).map_err(refused)
}

/// An error of the code store as Lambda would put it.
pub(super) fn refused(error: CodeError) -> ServiceError {
    match error {
        CodeError::Zip => invalid_parameter(
            "Could not unzip uploaded file. Please check your file, then try to upload again.",
        ),
        CodeError::TooLarge => invalid_parameter(format!(
            "Unzipped size must be smaller than {MAX_UNZIPPED_BYTES} bytes"
        )),
        CodeError::NotExecutable { .. } => invalid_parameter(error.to_string()),
        CodeError::Read { .. } | CodeError::Layer { .. } | CodeError::Write { .. } => {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            let message = format!("{error}: {}", cause.unwrap_or_default());
            ServiceError::with_status(500, "ServiceException", message)
        }
    }
}
