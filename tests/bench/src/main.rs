//! Benchmarks, side by side with peers: `cargo run --release -p bench -- generator` prints the
//! generator's as markdown, `proxy` the auth proxy's. The last results are in `RESULTS.md`.

mod command;
mod corpus;
mod dialect;
mod editing;
mod generator;
mod machine;
mod measure;
mod peers;
mod proxy;

use std::process::ExitCode;

use clap::Parser;

/// Benchmarks of the generator and the proxy, side by side with their peers
#[derive(Parser)]
enum Arguments {
    /// Build the same blog with spotifinfo, Hugo and Cobalt, grow it, and edit it under `serve`
    Generator(generator::Flags),
    /// Ask the auth proxy, nginx, Apache with mod_auth_openidc and express-openid-connect the same
    Proxy(proxy::Flags),
    /// Write the blog for one program and stop
    Corpus(generator::CorpusFlags),
}

fn main() -> ExitCode {
    let done = match Arguments::parse() {
        Arguments::Generator(flags) => generator::run(&flags),
        Arguments::Proxy(flags) => proxy::run(&flags),
        Arguments::Corpus(flags) => generator::write_corpus(&flags),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}
