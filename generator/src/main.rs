//! The program `spotifinfo`: turns arguments into library calls, prints diagnostics, and turns
//! results into exit codes.
//!
//! Exit codes: 0 success; 1 wrong content or templates; 2 wrong usage or configuration; 3 a file
//! or a network address that the system refused.

mod arguments;
mod development;
mod progress;
mod remembered;

use std::io::{self, IsTerminal, Write};
use std::process::{self, ExitCode};

use clap::{CommandFactory as _, Parser};
use generator::budget;
use generator::build::{self, BuildOptions, Failure, Product, Report};
use generator::check;
use generator::diag::Diagnostic;
use generator::external::{self, Checked};
use generator::scaffold::{self, ScaffoldError};
use jiff::civil::Date;

use crate::arguments::{Arguments, BuildFlags, Command, Look};
use crate::progress::Progress;
use crate::remembered::Remembered;

/// A site is made of millions of small pieces, most of which one core allocates and another frees:
/// the system's allocator takes a third of the time. Huge pages would save a little more, but they
/// double what a small site needs, and cost half a second where the system has to make them first.
/// Its second edition: the third holds on to what has grown out of its place, which for a page of
/// 400,000 table rows is a quarter of a gibibyte.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match arguments.command.unwrap_or(Command::Build(arguments.build)) {
        Command::Build(flags) => with(&flags, run_build),
        Command::Check { flags, external } => {
            with(&flags, |options, look| run_check(options, look, external))
        }
        Command::Completions { shell } => {
            let mut command = Arguments::command();
            clap_complete::generate(shell, &mut command, "spotifinfo", &mut io::stdout());
            ExitCode::SUCCESS
        }
        Command::Init { folder } => begin(|today| {
            scaffold::init(&folder, today)?;
            let shown = folder.display();
            Ok(format!(
                "a new site is in {shown}: cd {shown} && spotifinfo serve"
            ))
        }),
        Command::New { path, root } => begin(|today| {
            let made = scaffold::new(&root, &path, today)?;
            if made.markdown_stem() != Some("_index") {
                eprintln!("{A_DRAFT}");
            }
            Ok(made.to_string())
        }),
        Command::Explain { path, flags } => {
            with(&flags, |options, look| run_explain(options, look, &path))
        }
        Command::Serve(flags) => match development::serve(&flags) {
            Ok(()) => ExitCode::SUCCESS,
            Err(stopped) => stopped.into(),
        },
    }
}

/// What is said of a new page, which is not to be seen yet.
const A_DRAFT: &str = "note: it is a draft: --drafts shows it, \
    and without `draft = true` in its front matter it is published";

fn with(flags: &BuildFlags, run: impl FnOnce(&BuildOptions, Look) -> ExitCode) -> ExitCode {
    prepare(flags.look(), "nothing was written");
    match flags.options() {
        Err(error) => usage(&error),
        Ok(options) if flags.verify => match build::verify(&options) {
            Err(failure) => failed(&failure, flags.look()),
            Ok(()) => run(&options, flags.look()),
        },
        Ok(options) => run(&options, flags.look()),
    }
}

/// Prepares the process for builds. Where one has to be given up, the process ends and says what has
/// become of it.
fn prepare(look: Look, outcome: &'static str) {
    // Where the system has no room for such threads, the usual ones do, except for the deepest
    // templates.
    let _ = generator::threads::pool().build_global();
    budget::enforce(move |error| {
        progress::erase();
        tell(&[error], look);
        if look == Look::Text {
            eprintln!("1 error: {outcome}");
        }
        process::exit(1);
    });
}

fn begin(make: impl FnOnce(Date) -> Result<String, ScaffoldError>) -> ExitCode {
    let today = match arguments::today(None) {
        Ok(today) => today,
        Err(error) => return usage(&error),
    };
    match make(today) {
        Ok(message) => {
            println!("{message}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            tell(&[Diagnostic::from(&error)], Look::Text);
            ExitCode::from(if error.is_io() { 3 } else { 2 })
        }
    }
}

fn run_check(options: &BuildOptions, look: Look, external: bool) -> ExitCode {
    let progress = Progress::of("checking");
    let checked = checked(options, external);
    drop(progress);
    let (product, asked) = match checked {
        Ok(checked) => checked,
        Err(failure) => return failed(&failure, look),
    };
    tell(&product.warnings, look);
    let broken = asked.as_ref().map_or(&[][..], |asked| &asked.broken);
    if broken.iter().any(Diagnostic::is_error) {
        return failed(&Failure::Content(broken.to_vec()), look);
    }
    tell(broken, look);
    if look == Look::Text {
        let asked = asked.map_or(String::new(), |asked| {
            format!(", {} external links asked for", asked.asked)
        });
        println!(
            "{} checked{asked}, nothing written",
            counted(product.outputs.len(), "file")
        );
    }
    ExitCode::SUCCESS
}

fn checked(options: &BuildOptions, external: bool) -> Result<(Product, Option<Checked>), Failure> {
    let product = build::produce(options)?;
    let asked = external.then(|| ask(options, &product)).transpose()?;
    Ok((product, asked))
}

/// Requests the external links that were not found fine within the last day.
fn ask(options: &BuildOptions, product: &Product) -> Result<Checked, Failure> {
    let config = build::configuration(options)?.config;
    let facts = check::read(&product.outputs, &check::Cache::default());
    let remembered = Remembered::at(&options.root);
    let checked = external::check(&facts, &config, &remembered.fine())
        .map_err(|error| Failure::Io(vec![error]))?;
    remembered.keep(checked.fine.clone());
    Ok(checked)
}

fn run_explain(options: &BuildOptions, look: Look, path: &str) -> ExitCode {
    match build::explain(options, path) {
        Ok(Some(sources)) if sources.is_empty() => {
            println!("{path} is made by the generator itself");
            ExitCode::SUCCESS
        }
        Ok(Some(sources)) => {
            for source in sources {
                println!("{source}");
            }
            ExitCode::SUCCESS
        }
        Ok(None) => usage(
            &Diagnostic::error(format!("the site has no file `{path}`"))
                .hint("name it as it lies in the output folder, such as about/index.html"),
        ),
        Err(failure) => failed(&failure, look),
    }
}

fn run_build(options: &BuildOptions, look: Look) -> ExitCode {
    let progress = Progress::of("building");
    let built = build::build(options);
    drop(progress);
    match built {
        Ok(report) => {
            tell(&report.warnings, look);
            if look == Look::Text {
                println!("{}", closing_line(&report));
            }
            ExitCode::SUCCESS
        }
        Err(failure) => failed(&failure, look),
    }
}

fn closing_line(report: &Report) -> String {
    let written = &report.written;
    format!(
        "{}: {} written, {} unchanged, {} removed, {} kB in {} ms",
        counted(report.pages, "page"),
        counted(written.written, "file"),
        written.unchanged,
        written.removed,
        written.bytes / 1000,
        report.elapsed.as_millis()
    )
}

/// `1 file`, `2 files`.
fn counted(number: usize, of: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {of}{plural}")
}

fn failed(failure: &Failure, look: Look) -> ExitCode {
    tell(failure.diagnostics(), look);
    let errors = failure
        .diagnostics()
        .iter()
        .filter(|one| one.is_error())
        .count();
    let (kept, code) = match failure {
        Failure::Configuration(_) => ("nothing was written", 2),
        Failure::Content(_) => ("nothing was written", 1),
        Failure::Io(_) => ("the build stopped", 3),
    };
    if look == Look::Text {
        eprintln!("{}: {kept}", counted(errors, "error"));
    }
    ExitCode::from(code)
}

/// Prints diagnostics to stderr, or as lines of JSON to stdout.
fn tell(diagnostics: &[Diagnostic], look: Look) {
    let color =
        io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty());
    for diagnostic in diagnostics {
        // A closed pipe is no reason to fail.
        let _ = match look {
            Look::Json => writeln!(io::stdout(), "{}", diagnostic.to_json()),
            Look::Text => writeln!(io::stderr(), "{}", diagnostic.to_terminal(color)),
        };
    }
}

fn usage(error: &Diagnostic) -> ExitCode {
    tell(std::slice::from_ref(error), Look::Text);
    ExitCode::from(2)
}
