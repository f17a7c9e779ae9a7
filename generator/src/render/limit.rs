//! Renders templates with limits for the length of the output and for the time: a loop around a long
//! text, or a value made of many others, costs the engine few steps, but can take all memory or
//! never end.

use std::io::{self, Write};

use minijinja::{Error, ErrorKind, Template, Value};

use crate::path::SourcePath;
use crate::time_limit::Call;

/// The longest output of a template, in bytes.
const LONGEST: usize = 64 * 1024 * 1024;

/// The output of `template` for the content file `file`, in at most `timeout` seconds.
///
/// # Errors
/// The template's own errors, and [`ErrorKind::WriteFailure`] if the output is longer than
/// [`LONGEST`].
pub(super) fn render(
    template: &Template<'_, '_>,
    context: Value,
    file: Option<SourcePath>,
    timeout: usize,
) -> Result<String, Error> {
    let mut page = Page(Vec::new());
    let call = Call {
        template: template.name().to_owned(),
        file,
        limit: timeout,
    };
    call.run(|| template.render_captured_to(context, &mut page))
        .map_err(|error| match error.kind() {
            ErrorKind::WriteFailure => too_long(template.name()),
            _ => error,
        })?;
    String::from_utf8(page.0)
        .map_err(|error| Error::new(ErrorKind::WriteFailure, error.to_string()))
}

fn too_long(template: &str) -> Error {
    let longest = LONGEST / 1024 / 1024;
    let message = format!("`{template}` says more than {longest} MiB");
    Error::new(ErrorKind::WriteFailure, message)
}

struct Page(Vec<u8>);

impl Write for Page {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        if self.0.len() + more.len() > LONGEST {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(more);
        Ok(more.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
