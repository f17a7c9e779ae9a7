//! Renders templates with limits for the length of the output, for the time and for memory: a loop
//! around a long text, or a value made of many others, costs the engine few steps, but can take all
//! memory or never end.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};

use minijinja::{Error, ErrorKind, Template, Value};

use crate::budget::{Budget, Call};
use crate::path::SourcePath;

/// The longest output of a template, in bytes.
const LONGEST: usize = 64 * 1024 * 1024;

/// What templates may say and cost on one site.
#[derive(Debug)]
pub(super) struct Limits {
    budget: Budget,
    /// How many bytes all templates said so far.
    said: AtomicU64,
}

impl Limits {
    pub(super) fn new(budget: Budget) -> Self {
        Self {
            budget,
            said: AtomicU64::new(0),
        }
    }

    /// The output of `template` for the content file `file`.
    ///
    /// # Errors
    /// The template's own errors, and [`ErrorKind::WriteFailure`] if the output is longer than
    /// [`LONGEST`], or if all outputs together are longer than the memory that a call may take.
    pub(super) fn render(
        &self,
        template: &Template<'_, '_>,
        context: Value,
        file: Option<SourcePath>,
    ) -> Result<String, Error> {
        let mut page = Page(Vec::new());
        let call = Call {
            template: template.name().to_owned(),
            file,
            budget: self.budget,
        };
        call.run(|| template.render_captured_to(context, &mut page))
            .map_err(|error| match error.kind() {
                ErrorKind::WriteFailure => {
                    too_long(&format!("`{}` says", template.name()), LONGEST as u64)
                }
                _ => error,
            })?;
        let length = page.0.len() as u64;
        if self.said.fetch_add(length, Ordering::Relaxed) + length > self.budget.bytes {
            return Err(too_long("all pages together say", self.budget.bytes));
        }
        String::from_utf8(page.0)
            .map_err(|error| Error::new(ErrorKind::WriteFailure, error.to_string()))
    }
}

fn too_long(what: &str, most: u64) -> Error {
    let message = format!("{what} more than {} MiB", most / 1024 / 1024);
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
