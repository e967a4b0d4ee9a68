//! The size of a deployment package.

use std::fs;
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::DeflateEncoder;

use crate::Result;

/// The zip with the program as `bootstrap`, as `sam deploy` makes it of what `sam build` built, in bytes.
pub(crate) fn size(program: &Path) -> Result<f64> {
    /// Local file header, entry in the central directory, end of the central directory (APPNOTE.TXT, 4.3), and the
    /// name in the first two.
    const ZIP: usize = 30 + 46 + 22 + 2 * "bootstrap".len();
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&fs::read(program)?)?;
    #[expect(clippy::cast_precision_loss, reason = "no package has 2⁵² bytes")]
    Ok((encoder.finish()?.len() + ZIP) as f64)
}
