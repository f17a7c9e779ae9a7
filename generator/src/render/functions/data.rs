//! Functions that read files: `load_data` and `get_hash`.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::value::{Kwargs, Serde};
use minijinja::{Error, Value};
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use super::refused;
use crate::diag::Diagnostic;
use crate::hex::Hex;
use crate::render::data::Format;
use crate::render::world::World;

/// `load_data(path="…" | literal="…", format="json", required=true)`. The format is that of the
/// path's extension, or plain text if the extension is unknown. A CSV file becomes a table as in
/// Zola.
pub(super) fn load_data(world: &World, args: &Kwargs) -> Result<Value, Error> {
    let path: Option<&str> = args.get("path")?;
    let literal: Option<&str> = args.get("literal")?;
    let format: Option<&str> = args.get("format")?;
    let required: Option<bool> = args.get("required")?;
    if args.has("url") {
        return Err(refused(
            "load_data: a build asks no other machine: fetch the file first, and name its `path`",
        ));
    }
    args.assert_all_used()?;
    if let Some(text) = literal {
        return read("the literal", text, format.unwrap_or("plain"));
    }
    let path = path.ok_or_else(|| refused("load_data needs a `path`"))?;
    let ending = Path::new(path)
        .extension()
        .and_then(|ending| ending.to_str());
    let format = format.or(ending).unwrap_or("plain");
    let bytes = match world.file(path) {
        Ok(bytes) => bytes,
        Err(_) if required == Some(false) => return Ok(Value::from(())),
        Err(reason) => return Err(refused(format!("load_data: {reason}"))),
    };
    world.files.remembered(path, format, || {
        let text = std::str::from_utf8(bytes)
            .map_err(|_| refused(format!("load_data: `{path}` is not UTF-8")))?;
        read(path, text, format)
    })
}

fn read(path: &str, text: &str, format: &str) -> Result<Value, Error> {
    if let Some(format) = Format::of_ending(format) {
        return format.parse(text).map_err(|error| {
            let diagnostic = Diagnostic::error(error.message).at(path, text, error.span);
            let line = diagnostic.place.map_or(1, |place| place.line);
            refused(format!("load_data: {path}:{line}: {}", diagnostic.message))
        });
    }
    match format {
        "csv" => table(path, text),
        "xml" | "bibtex" => Err(refused(format!(
            "load_data: {format} is not read; make it JSON, or ask for format=\"plain\""
        ))),
        _ => Ok(Value::from(text)),
    }
}

/// A CSV file as a table with `headers` and `records`.
fn table(path: &str, text: &str) -> Result<Value, Error> {
    let failed = |error: csv::Error| refused(format!("load_data: {path}: not CSV: {error}"));
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let headers: Vec<String> = reader
        .headers()
        .map_err(failed)?
        .iter()
        .map(str::to_owned)
        .collect();
    let mut records: Vec<Vec<String>> = Vec::new();
    for record in reader.records() {
        records.push(record.map_err(failed)?.iter().map(str::to_owned).collect());
    }
    Ok(Value::from(Serde(
        serde_json::json!({ "headers": headers, "records": records }),
    )))
}

/// `get_hash(path="…" | literal="…", sha_type=384, base64=true)`.
pub(super) fn get_hash(world: &World, args: &Kwargs) -> Result<String, Error> {
    let path: Option<&str> = args.get("path")?;
    let literal: Option<&str> = args.get("literal")?;
    let kind: Option<u32> = args.get("sha_type")?;
    let base64: Option<bool> = args.get("base64")?;
    args.assert_all_used()?;
    let bytes = match (path, literal) {
        (Some(path), None) => world
            .file(path)
            .map_err(|reason| refused(format!("get_hash: {reason}")))?,
        (None, Some(literal)) => literal.as_bytes(),
        _ => return Err(refused("get_hash needs a `path` or a `literal`")),
    };
    let digest = match kind.unwrap_or(384) {
        256 => Sha256::digest(bytes).to_vec(),
        384 => Sha384::digest(bytes).to_vec(),
        512 => Sha512::digest(bytes).to_vec(),
        other => {
            return Err(refused(format!(
                "get_hash: sha_type is 256, 384 or 512, not {other}"
            )));
        }
    };
    Ok(if base64.unwrap_or(true) {
        STANDARD.encode(digest)
    } else {
        Hex::of(&digest).to_string()
    })
}

/// The beginning of a file's SHA-256, enough to tell versions of the file apart.
pub(super) fn cachebust(world: &World, path: &str) -> Result<Hex, Error> {
    let bytes = world
        .file(path)
        .map_err(|reason| refused(format!("get_url: {reason}")))?;
    Ok(Hex::of(&Sha256::digest(bytes)[..10]))
}
