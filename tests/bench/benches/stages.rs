//! What each stage of the generator costs, on a thousand posts: `cargo bench -p bench`.
//!
//! The whole programs are compared by `cargo run --release -p bench -- generator`; this is for
//! finding the stage that has become slower.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark ends where something is missing"
)]

#[path = "../src/corpus.rs"]
mod corpus;
#[expect(dead_code, reason = "the comparison of whole programs uses the rest")]
#[path = "../src/dialect.rs"]
mod dialect;

use std::fs;
use std::hint::black_box;
use std::path::PathBuf;
use std::sync::Arc;

use criterion::{BatchSize, Criterion};
use generator::assets::{self, AssetFile};
use generator::build::{self, BuildOptions};
use generator::check;
use generator::config::{Config, Overrides};
use generator::highlight::{self, Language};
use generator::load::{self, Changes, Sources};
use generator::model::{self, Assembled, Selection};
use generator::parse::{self, Parsed};
use generator::path::SourcePath;
use generator::render::{self, Cache, Input, Materials};
use jiff::civil::{Date, date};

use dialect::Dialect;

const POSTS: usize = 1000;

const SEED: u64 = 20_230_430;

const TODAY: Date = date(2024, 6, 1);

/// The corpus, and what each stage before the measured one makes of it.
struct Corpus {
    root: PathBuf,
    file: SourcePath,
    config: Config,
    sources: Sources,
    parsed: Parsed,
}

impl Corpus {
    fn new() -> Self {
        let root = std::env::temp_dir().join(format!("stages-{}", std::process::id()));
        let posts = corpus::posts(POSTS, SEED);
        Dialect::Spotifinfo.write(&root, &posts, true).unwrap();
        let options = BuildOptions {
            out: root.join("dist"),
            root,
            config: SourcePath::new("content/site.toml").unwrap(),
            overrides: Overrides::default(),
            drafts: false,
            future: false,
            today: TODAY,
            jobs: None,
            emit: Vec::new(),
            compress: false,
        };
        let config = build::configuration(&options).unwrap().config;
        let BuildOptions {
            root, config: file, ..
        } = options;
        let nothing = Sources::default();
        let sources = load::load(&root, &config, &file, &nothing, &Changes::Anything).unwrap();
        let mut corpus = Self {
            root,
            file,
            config,
            sources,
            parsed: Parsed::default(),
        };
        corpus.parsed = corpus.parse();
        corpus
    }

    fn load(&self) -> Sources {
        let (root, before) = (&self.root, Sources::default());
        load::load(root, &self.config, &self.file, &before, &Changes::Anything).unwrap()
    }

    fn parse(&self) -> Parsed {
        let Sources {
            content, layers, ..
        } = &self.sources;
        parse::parse(content, layers, &self.config, false, &Parsed::default())
    }

    fn assemble(&self) -> Assembled {
        let selection = Selection {
            drafts: false,
            future: false,
            today: TODAY,
        };
        let before = model::Cache::default();
        model::assemble(
            &self.parsed,
            &self.sources,
            &self.config,
            selection,
            &before,
        )
    }

    fn assets(&self) -> Vec<AssetFile> {
        let layers = self.sources.layers.iter();
        let assets = layers.flat_map(|layer| &layer.assets);
        assets
            .map(|(name, file)| AssetFile {
                name: name.clone(),
                path: file.path.clone(),
                bytes: file.bytes.clone(),
            })
            .collect()
    }

    fn input(&self) -> Input {
        let sources = Arc::new(self.sources.clone());
        let Assembled { site, bodies, .. } = self.assemble();
        Input {
            site,
            bodies,
            config: Arc::new(self.config.clone()),
            materials: Materials::new(sources).unwrap(),
            manifest: assets::process(self.assets()).unwrap().manifest,
            today: TODAY,
            is_kept: false,
        }
    }
}

fn stages(criterion: &mut Criterion, corpus: &Corpus) {
    criterion.bench_function("load", |b| b.iter(|| corpus.load()));
    criterion.bench_function("parse", |b| b.iter(|| corpus.parse()));
    criterion.bench_function("highlight", |b| {
        let rust = Language::find("rust").unwrap();
        let code = "fn main() {\n    println!(\"{}\", [1, 2].len());\n}\n".repeat(10);
        b.iter(|| highlight::lines(rust, black_box(&code)));
    });
    criterion.bench_function("assemble", |b| b.iter(|| corpus.assemble()));
    criterion.bench_function("assets", |b| {
        b.iter_batched(|| corpus.assets(), assets::process, BatchSize::LargeInput);
    });
    criterion.bench_function("render", |b| {
        let render = |input| render::render(input, &Cache::default());
        b.iter_batched(|| corpus.input(), render, BatchSize::PerIteration);
    });
    let rendered = render::render(corpus.input(), &Cache::default()).unwrap();
    criterion.bench_function("check", |b| {
        b.iter(|| check::read(&rendered.outputs, &check::Cache::default()));
    });
}

fn main() {
    let corpus = Corpus::new();
    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    stages(&mut criterion, &corpus);
    criterion.final_summary();
    fs::remove_dir_all(&corpus.root).unwrap();
}
