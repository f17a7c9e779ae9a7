//! Reads front matter, the head of a content file: TOML between `+++` lines or YAML between `---` lines.
//!
//! It may be missing; then all keys have their defaults.

mod fences;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use self::fences::{Fences, Syntax};
use super::PageDate;
use super::front::{FrontMatter, PageFront, SectionFront, SortBy};
use crate::config::{ANCHOR_LINKS, Config, TaxonomyConfig};
use crate::diag::{Diagnostic, nearest};
use crate::fingerprint;
use crate::path::SourcePath;
use crate::tree::{Entry, Node, Problem, Reader, SyntaxError, Table, Tree};

const SORT_BY: [(&str, SortBy); 8] = [
    ("none", SortBy::None),
    ("date", SortBy::Date),
    ("update_date", SortBy::UpdateDate),
    ("title", SortBy::Title),
    ("title_bytes", SortBy::TitleBytes),
    ("weight", SortBy::Weight),
    ("slug", SortBy::Slug),
    ("permalink", SortBy::Permalink),
];

/// Keys of other generators, and what to write here.
const ELSEWHERE: [(&str, &str); 12] = [
    ("author", "write `authors = [\"…\"]`"),
    ("categories", BELOW_TAXONOMIES),
    ("cover", BELOW_EXTRA),
    ("image", BELOW_EXTRA),
    ("keywords", BELOW_EXTRA),
    ("lastmod", "it is called `updated` here"),
    (
        "layout",
        "it is called `template` here, with the file's name: \"page.html\"",
    ),
    ("permalink", "it is called `path` here"),
    (
        "summary",
        "what stands above a line `<!-- more -->` is the summary",
    ),
    ("tags", BELOW_TAXONOMIES),
    ("toc", BELOW_EXTRA),
    ("url", "it is called `path` here"),
];

const BELOW_TAXONOMIES: &str = "write it below `[taxonomies]`, behind the other keys";

const BELOW_EXTRA: &str = "what only your theme knows belongs below `[extra]`";

/// The front matter of a file.
pub(super) struct Head {
    pub(super) front: FrontMatter,
    /// What is wrong with it.
    pub(super) diagnostics: Vec<Diagnostic>,
    /// The place of the text behind it.
    pub(super) body: Range<usize>,
}

/// Reads the front matter of `text`.
///
/// # Errors
/// Where the front matter is not closed, or is not TOML or YAML.
pub(super) fn read(
    path: &SourcePath,
    text: &str,
    config: &Config,
    lenient: bool,
) -> Result<Head, Diagnostic> {
    let (table, head, body) = match Fences::find(text) {
        Fences::None => (Table::default(), 0..0, 0..text.len()),
        Fences::Unclosed(fence) => return Err(unclosed(path, text, fence)),
        Fences::Late(fence) => return Err(late(path, text, fence)),
        Fences::Json(brace) => return Err(json(path, text, brace)),
        Fences::Found { syntax, head, body } => (table(path, text, syntax, &head)?, head, body),
    };
    let (front, problems) = if path.markdown_stem() == Some("_index") {
        let (mut section, problems) = section(&table);
        section.fingerprint = fingerprint::of(&&text[head.clone()]);
        (FrontMatter::Section(Arc::new(section)), problems)
    } else {
        let (mut page, problems) = page(&table, &config.taxonomies);
        page.fingerprint = fingerprint::of(&&text[head.clone()]);
        page.date = page.date.or_else(|| PageDate::of_file(path));
        (FrontMatter::Page(Arc::new(page)), problems)
    };
    let diagnostics = problems
        .into_iter()
        .map(|problem| {
            let span = head.start + problem.span.start..head.start + problem.span.end;
            problem.at(span).diagnostic(path, text, lenient)
        })
        .collect();
    Ok(Head {
        front,
        diagnostics,
        body,
    })
}

/// What stands behind the head of `text`.
pub(super) fn body(text: &str) -> Range<usize> {
    match Fences::find(text) {
        Fences::Found { body, .. } => body,
        _ => 0..text.len(),
    }
}

/// The keys between the fences.
fn table(
    path: &SourcePath,
    text: &str,
    syntax: Syntax,
    head: &Range<usize>,
) -> Result<Table, Diagnostic> {
    let keys = &text[head.clone()];
    let node = match syntax {
        Syntax::Toml => Node::from_toml(keys),
        Syntax::Yaml => Node::from_yaml(keys),
    };
    let node = node.map_err(|error| not_a_tree(path, text, head.start, &error))?;
    node.into_table().ok_or_else(|| {
        let diagnostic = Diagnostic::error("front matter must be keys with values");
        diagnostic.at(path, text, head.clone())
    })
}

fn unclosed(path: &SourcePath, text: &str, fence: Range<usize>) -> Diagnostic {
    let marks = &text[fence.clone()];
    let message = format!("the front matter is not closed: there is no second `{marks}` line");
    let hint = format!("add a line `{marks}` behind the last key");
    Diagnostic::error(message).at(path, text, fence).hint(hint)
}

fn late(path: &SourcePath, text: &str, fence: Range<usize>) -> Diagnostic {
    Diagnostic::error("this looks like front matter, and is not where it is read")
        .at(path, text, fence)
        .note("only white space may stand before it, and it begins with a line `+++` or `---`")
        .hint(
            "move it to the beginning, between two such lines; if it is text, begin the file with \
             front matter of its own",
        )
}

fn json(path: &SourcePath, text: &str, brace: Range<usize>) -> Diagnostic {
    Diagnostic::error("front matter in JSON is not read")
        .at(path, text, brace)
        .hint("write it as TOML between two lines `+++`, or as YAML between two lines `---`")
}

fn not_a_tree(path: &SourcePath, text: &str, start: usize, error: &SyntaxError) -> Diagnostic {
    let span = start + error.span.start..start + error.span.end;
    Diagnostic::error(format!("front matter: {}", error.message)).at(path, text, span)
}

fn page(table: &Table, known: &[TaxonomyConfig]) -> (PageFront, Vec<Problem>) {
    let mut reader = Reader::new(table, "front matter").elsewhere(&ELSEWHERE);
    let front = PageFront {
        title: reader.string("title"),
        description: reader.string("description"),
        date: date(&mut reader, "date"),
        updated: date(&mut reader, "updated"),
        expires: date(&mut reader, "expires"),
        weight: reader.integer("weight"),
        draft: reader.bool("draft").unwrap_or(false),
        slug: reader.string("slug"),
        path: reader.string("path"),
        aliases: reader.url_paths("aliases"),
        authors: reader.strings("authors").unwrap_or_default(),
        in_search_index: reader.bool("in_search_index").unwrap_or(true),
        template: reader.string("template"),
        taxonomies: taxonomies(&mut reader, known),
        render: reader.bool("render").unwrap_or(true),
        extra: reader.table("extra").cloned().unwrap_or_default(),
        fingerprint: 0,
    };
    (front, reader.finish())
}

fn section(table: &Table) -> (SectionFront, Vec<Problem>) {
    let mut reader = Reader::new(table, "section front matter");
    let front = SectionFront {
        title: reader.string("title"),
        description: reader.string("description"),
        sort_by: reader.choice("sort_by", &SORT_BY).unwrap_or_default(),
        weight: reader.integer("weight").unwrap_or(0),
        draft: reader.bool("draft").unwrap_or(false),
        template: reader.string("template"),
        page_template: reader.string("page_template"),
        paginate_by: reader.count("paginate_by").filter(|count| *count > 0),
        paginate_path: reader.segments("paginate_path", "page"),
        paginate_reversed: reader.bool("paginate_reversed").unwrap_or(false),
        insert_anchor_links: reader.choice("insert_anchor_links", &ANCHOR_LINKS),
        in_search_index: reader.bool("in_search_index").unwrap_or(true),
        transparent: reader.bool("transparent").unwrap_or(false),
        redirect_to: redirect_to(&mut reader),
        aliases: reader.url_paths("aliases"),
        generate_feeds: reader.bool("generate_feeds").unwrap_or(false),
        render: reader.bool("render").unwrap_or(true),
        extra: reader.table("extra").cloned().unwrap_or_default(),
        fingerprint: 0,
    };
    (front, reader.finish())
}

/// `redirect_to`, which must not hold white space: it is written into `_redirects`, where a blank
/// ends an address.
fn redirect_to(reader: &mut Reader<'_>) -> Option<String> {
    const KEY: &str = "redirect_to";
    let span = reader.node(KEY).map(|node| node.span.clone());
    let to = reader.string(KEY)?;
    let separates = |c: char| c.is_control() || c.is_whitespace();
    if to.is_empty() || to.contains(separates) {
        let message = format!("`{KEY}` is not an address: `{}`", to.escape_debug());
        let hint = "write a path such as `/posts/` or a whole address; a space is `%20`";
        reader.problem(message, span.unwrap_or_default(), Some(hint.to_owned()));
        return None;
    }
    Some(to)
}

fn date(reader: &mut Reader<'_>, key: &'static str) -> Option<PageDate> {
    let (text, span) = reader.date(key)?;
    let date = PageDate::parse(text);
    if date.is_none() {
        reader.problem(
            format!("`{key}` is not a date: `{text}`"),
            span,
            Some("write 2024-01-31 or 2024-01-31T10:00:00Z".to_owned()),
        );
    }
    date
}

fn taxonomies(reader: &mut Reader<'_>, known: &[TaxonomyConfig]) -> BTreeMap<String, Vec<String>> {
    let mut taxonomies = BTreeMap::new();
    let Some(table) = reader.table("taxonomies") else {
        return taxonomies;
    };
    for entry in &table.entries {
        if known.iter().all(|taxonomy| taxonomy.name != entry.key) {
            no_taxonomy(reader, entry, known);
            continue;
        }
        match terms(&entry.node) {
            Some(terms) => {
                taxonomies.insert(entry.key.clone(), terms);
            }
            None => reader.problem(
                format!("`{}` must be a list of texts", entry.key),
                entry.node.span.clone(),
                None,
            ),
        }
    }
    taxonomies
}

/// The terms in a list of texts; `None` for anything else.
fn terms(node: &Node) -> Option<Vec<String>> {
    let Tree::Array(items) = &node.value else {
        return None;
    };
    let term = |item: &Node| match &item.value {
        Tree::String(term) => Some(term.clone()),
        _ => None,
    };
    items.iter().map(term).collect()
}

fn no_taxonomy(reader: &mut Reader<'_>, entry: &Entry, known: &[TaxonomyConfig]) {
    let name = &entry.key;
    let names = known.iter().map(|taxonomy| taxonomy.name.as_str());
    let hint = match nearest(name, names) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("add {{ name = \"{name}\" }} to `taxonomies` in the configuration"),
    };
    let message = format!("the site has no taxonomy `{name}`");
    reader.problem(message, entry.key_span.clone(), Some(hint));
}

#[cfg(test)]
mod tests {
    use super::{FrontMatter, read};
    use crate::config::{Config, Overrides};
    use crate::path::SourcePath;

    fn check(path: &str, text: &str) -> Result<(FrontMatter, String), String> {
        let path = SourcePath::new(path).unwrap();
        let site = SourcePath::new("content/site.toml").unwrap();
        let config = "base_url = 'https://a.example'\ntaxonomies = [{ name = 'tags' }]";
        let (config, _) = Config::parse(config, &site, &Overrides::default()).unwrap();
        match read(&path, text, &config, false) {
            Ok(head) if head.diagnostics.is_empty() => Ok((head.front, text[head.body].to_owned())),
            Ok(head) => Err(head.diagnostics.iter().map(ToString::to_string).collect()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn toml_yaml_and_none() {
        for (text, title) in [
            ("+++\ntitle = 'A'\n+++\nbody", Some("A")),
            ("---\r\ntitle: A\r\n---\r\nbody", Some("A")),
            ("+++\n+++\nbody", None),
            ("---\n---\nbody", None),
            ("body", None),
        ] {
            let (front, body) = check("content/a.md", text).unwrap();
            let FrontMatter::Page(page) = front else {
                panic!("{text:?} is a page");
            };
            assert_eq!(
                (page.title.as_deref(), body.as_str()),
                (title, "body"),
                "{text:?}"
            );
        }
    }

    #[test]
    fn mistakes_name_their_line() {
        for (text, wanted) in [
            ("+++\ntitle = 'A'\n", "content/a.md:1:1"),
            ("\n\n +++\ntitle = 'A'\n", "content/a.md:3:2"),
            ("x\n+++\ndraft = true\n+++\n", "content/a.md:2:1"),
            ("{ \"draft\": true }\n", "front matter in JSON"),
            ("+++\ntitle = 'A'\ntitel = 1\n+++\n", "content/a.md:3:1"),
            ("+++\ndate = 'soon'\n+++\n", "`date` is not a date: `soon`"),
            ("+++\ntitle = \n+++\n", "content/a.md:2:"),
            ("---\ntitle: [\n---\n", "front matter:"),
            ("---\n- a\n---\n", "must be keys with values"),
            (
                "+++\n[taxonomies]\ntags = 'x'\n+++\n",
                "`tags` must be a list of texts",
            ),
            (
                "+++\ntitle = 'tag'\n[taxonomies]\ntag = ['x']\n+++\n",
                "content/a.md:4:1",
            ),
            ("+++\naliases = ['/a', '../b']\n+++\n", "content/a.md:2:18"),
        ] {
            let messages = check("content/a.md", text).unwrap_err();
            assert!(messages.contains(wanted), "{text:?} gives\n{messages}");
        }
    }

    #[test]
    fn sections_have_keys_of_their_own() {
        assert!(check("content/_index.md", "+++\nsort_by = 'date'\n+++\n").is_ok());
        let messages = check(
            "content/_index.md",
            "+++\nsort_by = 'dat'\nslug = 'x'\n+++\n",
        )
        .unwrap_err();
        assert!(
            messages.contains("did you mean `date`?") && messages.contains("key `slug`"),
            "{messages}"
        );
        for (key, wanted) in [
            (
                "paginate_path = '../../x'",
                "`paginate_path`: `../../x` has",
            ),
            (
                "redirect_to = \"/a 302\\n/* /b\"",
                "`redirect_to` is not an address",
            ),
            ("redirect_to = ''", "`redirect_to` is not an address"),
        ] {
            let messages = check("content/_index.md", &format!("+++\n{key}\n+++\n")).unwrap_err();
            assert!(messages.contains(wanted), "{messages}");
        }
    }
}
