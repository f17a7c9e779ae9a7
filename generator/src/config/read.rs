//! Reads a [`Config`] from the merged table, and notes every mistake.

use std::collections::BTreeMap;

use super::{
    BaseUrl, Config, Headers, LinkChecker, Slugify, SlugifyMode, TaxonomyConfig, markdown,
};
use crate::budget;
use crate::path::Segments;
use crate::tree::{Node, Problem, Reader, Table, Tree};

/// Keys of Zola that have no meaning here.
const ELSEWHERE: &[(&str, &str)] = &[
    (
        "compile_sass",
        "Sass is not compiled: put CSS below `assets/`, which may be nested and imported, and link it with `asset(\"site.css\")`",
    ),
    (
        "exclude_paginated_pages_in_sitemap",
        "leave it out: the sitemap never lists the second and later pages of a list",
    ),
    (
        "feed_filename",
        "it is a list here: feed_filenames = [\"atom.xml\"]",
    ),
    ("generate_feed", "it is called `generate_feeds`"),
    (
        "hard_link_static",
        "leave it out: files are written only where they changed",
    ),
    (
        "highlight_code",
        "it is `enable` in [markdown.highlighting]",
    ),
    (
        "output_dir",
        "leave it out, and build with `--out FOLDER`; without, the output goes to `dist`",
    ),
    (
        "preserve_dotfiles_in_output",
        "leave it out: what the generator did not write is never removed",
    ),
];

pub(super) fn config(table: Table) -> (Config, Vec<Problem>) {
    let empty = Table::default();
    let mut reader = Reader::new(&table, "configuration").elsewhere(ELSEWHERE);
    let extra = extra(&mut reader);
    let (markdown, problems) = markdown::read(reader.table("markdown").unwrap_or(&empty));
    reader.adopt(problems);
    let config = Config {
        title: reader.string("title").unwrap_or_default(),
        description: reader.string("description").unwrap_or_default(),
        base_url: base_url(&mut reader),
        default_language: reader
            .string("default_language")
            .unwrap_or_else(|| "en".to_owned()),
        author: reader.string("author"),
        theme: reader.one_or_more("theme").unwrap_or_default(),
        taxonomies: taxonomies(&mut reader),
        taxonomy_root: reader.segments("taxonomy_root", ""),
        generate_feeds: reader.bool("generate_feeds").unwrap_or(false),
        feed_filenames: reader
            .segments_list("feed_filenames")
            .unwrap_or_else(|| vec![Segments::fixed("atom.xml")]),
        feed_limit: reader.count("feed_limit"),
        generate_sitemap: reader.bool("generate_sitemap").unwrap_or(true),
        generate_robots_txt: reader.bool("generate_robots_txt").unwrap_or(true),
        minify_html: reader.bool("minify_html").unwrap_or(false),
        build_search_index: reader.bool("build_search_index").unwrap_or(false),
        timeout: reader.count("timeout").unwrap_or(budget::SECONDS),
        ignored_content: reader.strings("ignored_content").unwrap_or_default(),
        ignored_static: reader.strings("ignored_static").unwrap_or_default(),
        markdown,
        slugify: slugify(&mut reader),
        link_checker: link_checker(&mut reader),
        headers: headers(&mut reader, &extra),
        extra,
        table: Table::default(),
    };
    for later in ["languages", "search", "translations"] {
        let _ = reader.table(later);
    }
    let problems = reader.finish();
    (Config { table, ..config }, problems)
}

/// `[extra]`, or `[params]` as others call it.
fn extra(reader: &mut Reader<'_>) -> Table {
    let params = reader.table("params").cloned();
    let mut extra = reader.table("extra").cloned().unwrap_or_default();
    for entry in params.into_iter().flat_map(|table| table.entries) {
        if extra.get(&entry.key).is_none() {
            extra.entries.push(entry);
        }
    }
    extra
}

fn base_url(reader: &mut Reader<'_>) -> BaseUrl {
    let Some(node) = reader.node("base_url") else {
        reader.problem(
            "`base_url` is missing",
            0..0,
            Some("add base_url = \"https://your-site.example\"".to_owned()),
        );
        return BaseUrl::nowhere();
    };
    let Some(text) = reader.string("base_url") else {
        return BaseUrl::nowhere();
    };
    BaseUrl::new(&text).unwrap_or_else(|| {
        reader.problem(
            format!("`base_url` is not an address: `{text}`"),
            node.span.clone(),
            Some("it looks like https://your-site.example or https://example.org/blog".to_owned()),
        );
        BaseUrl::nowhere()
    })
}

fn taxonomies(reader: &mut Reader<'_>) -> Vec<TaxonomyConfig> {
    let Some(node) = reader.node("taxonomies") else {
        return Vec::new();
    };
    let Tree::Array(items) = &node.value else {
        reader.problem(
            "`taxonomies` must be a list of tables",
            node.span.clone(),
            None,
        );
        return Vec::new();
    };
    let mut taxonomies = Vec::with_capacity(items.len());
    for item in items {
        match taxonomy(item) {
            Ok((taxonomy, problems)) => {
                taxonomies.push(taxonomy);
                reader.adopt(problems);
            }
            Err(message) => reader.problem(message, item.span.clone(), None),
        }
    }
    taxonomies
}

fn taxonomy(item: &Node) -> Result<(TaxonomyConfig, Vec<Problem>), &'static str> {
    let Tree::Table(table) = &item.value else {
        return Err("a taxonomy is a table, like { name = \"tags\" }");
    };
    let mut reader = Reader::new(table, "taxonomy");
    let taxonomy = TaxonomyConfig {
        name: reader.string("name").ok_or("a taxonomy needs a `name`")?,
        paginate_by: reader.count("paginate_by").filter(|count| *count > 0),
        paginate_path: reader.segments("paginate_path", "page"),
        render: reader.bool("render").unwrap_or(true),
        feed: reader.bool("feed").unwrap_or(false),
    };
    let _ = reader.string("lang");
    Ok((taxonomy, reader.finish()))
}

fn slugify(reader: &mut Reader<'_>) -> Slugify {
    const MODES: [(&str, SlugifyMode); 3] = [
        ("on", SlugifyMode::On),
        ("safe", SlugifyMode::Safe),
        ("off", SlugifyMode::Off),
    ];
    let empty = Table::default();
    let mut inner = Reader::new(reader.table("slugify").unwrap_or(&empty), "[slugify]");
    let mut mode = |key| inner.choice(key, &MODES).unwrap_or(SlugifyMode::On);
    let slugify = Slugify {
        paths: mode("paths"),
        taxonomies: mode("taxonomies"),
        anchors: mode("anchors"),
        paths_keep_dates: inner.bool("paths_keep_dates").unwrap_or(false),
    };
    reader.adopt(inner.finish());
    slugify
}

fn link_checker(reader: &mut Reader<'_>) -> LinkChecker {
    const LEVELS: [(&str, bool); 2] = [("error", false), ("warn", true)];
    let empty = Table::default();
    let mut inner = Reader::new(
        reader.table("link_checker").unwrap_or(&empty),
        "[link_checker]",
    );
    let checker = LinkChecker {
        ignored_paths: inner.strings("ignored_paths").unwrap_or_default(),
        skip_prefixes: inner.strings("skip_prefixes").unwrap_or_default(),
        skip_anchor_prefixes: inner.strings("skip_anchor_prefixes").unwrap_or_default(),
        internal_warn: inner.choice("internal_level", &LEVELS).unwrap_or(false),
        external_warn: inner.choice("external_level", &LEVELS).unwrap_or(false),
    };
    reader.adopt(inner.finish());
    checker
}

fn headers(reader: &mut Reader<'_>, extra: &Table) -> Headers {
    let mut headers = Headers::default();
    let Some(table) = reader.table("headers") else {
        return headers;
    };
    for entry in &table.entries {
        match &entry.node.value {
            Tree::Table(sources) if entry.key == "csp" => {
                headers.csp = csp(reader, sources, extra);
            }
            Tree::Table(values) if entry.key.starts_with('/') => {
                headers
                    .rules
                    .push((entry.key.clone(), rule(reader, values)));
            }
            _ => reader.problem(
                format!("unknown [headers] key `{}`", entry.key),
                entry.key_span.clone(),
                Some("it takes `csp` and path patterns such as '/blog/*', each a table".to_owned()),
            ),
        }
    }
    headers
}

fn csp(reader: &mut Reader<'_>, table: &Table, extra: &Table) -> BTreeMap<String, Vec<String>> {
    let mut directives = BTreeMap::new();
    for entry in &table.entries {
        let items = match &entry.node.value {
            Tree::Array(items) => items.as_slice(),
            _ => std::slice::from_ref(&entry.node),
        };
        let sources: &mut Vec<String> = directives.entry(entry.key.clone()).or_default();
        for item in items {
            let Tree::String(source) = &item.value else {
                reader.problem("a source must be a text", item.span.clone(), None);
                continue;
            };
            match expand(source, extra) {
                Some(expanded) => sources.extend(expanded.split_whitespace().map(str::to_owned)),
                None => reader.problem(
                    format!("`{source}` names no text in [extra]"),
                    item.span.clone(),
                    Some("write {extra.KEY} for a KEY that [extra] sets".to_owned()),
                ),
            }
        }
    }
    directives
}

/// The value of KEY if `source` is `{extra.KEY}`; any other `source` is returned as it is.
fn expand<'t>(source: &'t str, extra: &'t Table) -> Option<&'t str> {
    let Some(key) = source
        .strip_prefix("{extra.")
        .and_then(|rest| rest.strip_suffix('}'))
    else {
        return Some(source);
    };
    match &extra.get(key)?.value {
        Tree::String(text) => Some(text),
        _ => None,
    }
}

fn rule(reader: &mut Reader<'_>, table: &Table) -> Vec<(String, String)> {
    let mut values = Vec::new();
    for entry in &table.entries {
        match &entry.node.value {
            Tree::String(value) if !value.contains(['\r', '\n']) => {
                values.push((entry.key.clone(), value.clone()));
            }
            _ => reader.problem(
                format!("the header `{}` must be a text of one line", entry.key),
                entry.node.span.clone(),
                None,
            ),
        }
    }
    values
}
