//! Makes compressed copies of the finished files, for servers that can send them (nginx's
//! `gzip_static`, Caddy's `precompressed`).

use std::io::{self, Write as _};

use brotli::enc::BrotliEncoderParams;
use flate2::{Compression, GzBuilder};
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::output::{Output, OutputKind};

/// The smallest file to compress, in bytes. A smaller one fits into one or two packets anyway.
const SMALLEST: usize = 1024;

/// Extensions of files that compression makes smaller.
const ENDINGS: [&str; 16] = [
    "css",
    "csv",
    "htm",
    "html",
    "ico",
    "js",
    "json",
    "map",
    "md",
    "mjs",
    "svg",
    "ttf",
    "txt",
    "wasm",
    "webmanifest",
    "xml",
];

/// The compressed copies of `outputs`, `.br` and `.gz`, if they are smaller.
#[must_use]
pub fn twins(outputs: &[Output]) -> Vec<Output> {
    outputs
        .par_iter()
        .filter(|output| is_compressible(output))
        .flat_map_iter(|output| {
            let made = [(".br", brotli(&output.bytes)), (".gz", gzip(&output.bytes))];
            made.into_iter().filter_map(|(ending, bytes)| {
                let bytes = bytes
                    .ok()
                    .filter(|bytes| bytes.len() < output.bytes.len())?;
                Some(Output {
                    path: output.path.with_suffix(ending),
                    bytes: bytes.into(),
                    // The copy of a page must not be counted as another page.
                    kind: match output.kind {
                        OutputKind::Page => OutputKind::Meta,
                        kind => kind,
                    },
                    made_from: output.made_from.clone(),
                })
            })
        })
        .collect()
}

fn is_compressible(output: &Output) -> bool {
    let ending = output.path.extension();
    output.bytes.len() > SMALLEST && ending.is_some_and(|ending| ENDINGS.contains(&ending))
}

/// By RFC 1952, without time and name, so that the bytes are the same in every build.
fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzBuilder::new().write(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// By RFC 7932, at the highest quality: a file is compressed once and sent often.
fn brotli(mut bytes: &[u8]) -> io::Result<Vec<u8>> {
    let parameters = BrotliEncoderParams {
        quality: 11,
        size_hint: bytes.len(),
        ..BrotliEncoderParams::default()
    };
    let mut out = Vec::new();
    brotli::BrotliCompress(&mut bytes, &mut out, &parameters)?;
    Ok(out)
}
