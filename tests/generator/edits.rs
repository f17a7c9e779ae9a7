//! A site that is edited at random, built after every edit: what the workshop makes of it by
//! the help of what it kept is byte for byte what a build from nothing makes.
//!
//! `EDITS_SEED=7 cargo test -p generator edits` tries another sequence.

mod bodies;
mod dice;
mod files;
mod page;
mod templates;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use generator::build::{BuildOptions, Failure, Product, Workshop, produce};
use generator::config::Overrides;
use generator::deploy::Server;
use generator::load::Changes;
use generator::path::SourcePath;

use self::dice::Dice;
use self::page::Page;
use self::templates::TEMPLATES;
use crate::harness::{Site, empty_site};

/// How many edits follow one another.
const STEPS: usize = 120;

#[test]
fn edits_build_what_a_build_from_nothing_does() {
    let asked = std::env::var("EDITS_SEED").ok();
    let seeds: Vec<u64> = match asked.and_then(|seed| seed.parse().ok()) {
        Some(seed) => vec![seed],
        None => vec![1, 2, 3],
    };
    for seed in seeds {
        edit_at_random(seed);
    }
}

fn edit_at_random(seed: u64) {
    let mut desk = Desk::new(seed);
    let mut workshop = Workshop::new(desk.options());
    let mut broken = 0;
    let mut is_broken = false;
    for step in 0..STEPS {
        let edited = desk.edit(is_broken);
        is_broken = is_broken_both_ways(&mut workshop, &desk, edited, step);
        broken += usize::from(is_broken);
    }
    assert!(
        broken > 0 && broken < STEPS / 2,
        "seed {seed}: {broken} of {STEPS} sites were broken, which tries too little"
    );
}

#[test]
fn a_link_leads_to_the_file_of_its_very_name_as_soon_as_there_is_one() {
    let mut desk = Desk::new(1);
    let page = |body: &str| format!("+++\ntitle = 'A page'\n+++\n{body}\n");
    desk.put("content/blog/x y.md", &page("Here."));
    desk.put("content/blog/from.md", &page("[There](@/blog/x%20y.md)."));
    let mut workshop = Workshop::new(desk.options());
    let edited = std::mem::take(&mut desk.touched);
    assert!(!is_broken_both_ways(&mut workshop, &desk, edited, 0));
    desk.put("content/blog/x%20y.md", &page("Rather here."));
    let edited = std::mem::take(&mut desk.touched);
    assert!(!is_broken_both_ways(&mut workshop, &desk, edited, 1));
}

/// Builds by the help of what was kept and from nothing, and compares; tells whether the site is
/// broken.
fn is_broken_both_ways(
    workshop: &mut Workshop,
    desk: &Desk,
    edited: BTreeSet<PathBuf>,
    step: usize,
) -> bool {
    let made = told(workshop.build(Changes::Only(edited)));
    let wanted = told(produce(&desk.options()));
    let names: BTreeSet<&String> = made.keys().chain(wanted.keys()).collect();
    for name in names {
        assert_eq!(
            made.get(name),
            wanted.get(name),
            "{name} differs after step {step}:\n{}",
            desk.story.join("\n")
        );
    }
    wanted.contains_key("error")
}

/// All files and messages, by name.
fn told(built: Result<Product, Failure>) -> BTreeMap<String, String> {
    match built {
        Ok(product) => {
            let files = product.outputs.into_iter().map(|output| {
                let text = String::from_utf8_lossy(&output.bytes).into_owned();
                let from = output.made_from.iter().map(|path| format!("\n{path}"));
                (output.path.to_string(), text + &from.collect::<String>())
            });
            let warnings = product.warnings.iter().map(ToString::to_string);
            let warnings = ("warnings".to_owned(), warnings.collect());
            files.chain([warnings]).collect()
        }
        Err(failure) => {
            let told = failure.diagnostics().iter().map(ToString::to_string);
            [("error".to_owned(), told.collect())].into()
        }
    }
}

/// Where the site is edited.
struct Desk {
    site: Site,
    dice: Dice,
    pages: BTreeMap<String, Page>,
    sections: Vec<&'static str>,
    touched: BTreeSet<PathBuf>,
    count: usize,
    story: Vec<String>,
}

const FOLDERS: [&str; 4] = ["", "blog/", "docs/", "docs/deep/"];

impl Desk {
    fn new(seed: u64) -> Self {
        let mut desk = Self {
            site: empty_site(),
            dice: Dice::new(seed),
            pages: BTreeMap::new(),
            sections: vec!["", "blog/", "docs/", "docs/deep/"],
            touched: BTreeSet::new(),
            count: 0,
            story: vec![format!("seed {seed}")],
        };
        for (path, text) in TEMPLATES {
            desk.site.write(path, text);
        }
        desk.site
            .write("content/data/facts.toml", "motto = 'one'\n");
        desk.site
            .write("content/data/more.json", "{\"list\": [1]}\n");
        desk.write_config();
        for folder in FOLDERS {
            desk.write_section(folder);
        }
        for path in [
            "docs/start.md",
            "blog/a.md",
            "blog/b.md",
            "docs/deep/c.md",
            "blog/d/index.md",
        ] {
            desk.pages.insert(path.to_owned(), Page::default());
            desk.write_page(path);
        }
        desk.touched.clear();
        desk
    }

    fn options(&self) -> BuildOptions {
        BuildOptions {
            root: self.site.path(""),
            config: SourcePath::new("content/site.toml").unwrap(),
            out: self.site.path("dist"),
            overrides: Overrides {
                lenient: true,
                ..Overrides::default()
            },
            drafts: false,
            future: false,
            today: "2024-06-01".parse().unwrap(),
            jobs: None,
            emit: vec![Server::Nginx],
            compress: false,
        }
    }

    /// Edits something; says at which paths.
    fn edit(&mut self, was_broken: bool) -> BTreeSet<PathBuf> {
        // A broken site is mended, most of the time: another edit may come in between.
        if was_broken && self.dice.below(4) > 0 {
            self.mend();
            return std::mem::take(&mut self.touched);
        }
        for _ in 0..=self.dice.below(2) {
            match self.dice.below(20) {
                0..=8 => self.edit_page(),
                9 | 10 => self.add_page(),
                11 => self.remove_page(),
                12 => self.rename_page(),
                13 => self.edit_template(),
                14 => {
                    let motto = self.dice.below(3);
                    self.put("content/data/facts.toml", &format!("motto = '{motto}'\n"));
                }
                15 => {
                    let list = self.dice.below(3);
                    self.put(
                        "content/data/more.json",
                        &format!("{{\"list\": [{list}]}}\n"),
                    );
                }
                16 => {
                    let margin = self.dice.below(3);
                    self.put(
                        "assets/site.css",
                        &format!("body {{ margin: {margin}px }}\n"),
                    );
                }
                17 => {
                    let folder = *self.dice.pick(&self.sections.clone());
                    self.write_section(folder);
                }
                18 => self.put(
                    "content/blog/d/picture.svg",
                    "<svg xmlns='http://www.w3.org/2000/svg'/>\n",
                ),
                _ => self.write_config(),
            }
        }
        std::mem::take(&mut self.touched)
    }

    /// Takes back what can break a site: wrong heads, links to pages that are gone, aliases that
    /// two pages want.
    fn mend(&mut self) {
        for path in self.pages.keys().cloned().collect::<Vec<_>>() {
            let page = &self.pages[&path];
            let lost = page.link.as_ref().is_some_and(|link| !self.is_shown(link));
            if page.broken || lost || page.alias.is_some() {
                self.change(&path, |page, _| {
                    page.broken = false;
                    page.alias = None;
                    page.link = page.link.take().filter(|_| !lost);
                });
            }
        }
    }

    fn is_shown(&self, path: &str) -> bool {
        self.pages.get(path).is_some_and(|page| !page.draft)
    }

    fn edit_page(&mut self) {
        let Some(path) = self.any_page() else { return };
        let others: Vec<String> = self.pages.keys().cloned().collect();
        self.change(&path, |page, dice| match dice.below(15) {
            0 | 1 => page.title = dice.below(9),
            2 => page.day = dice.below(28),
            3 => page.tags = (0..dice.below(4)).map(|_| dice.below(4)).collect(),
            4 => page.weight = dice.below(5),
            5 => page.draft = !page.draft,
            6 => page.alias = (page.alias.is_none()).then(|| dice.below(4)),
            7 | 8 => page.link = Some(dice.pick(&others).clone()),
            9 => page.call = Some(dice.below(5)),
            10 => page.template = !page.template,
            11 => page.sentences[0] = dice.below(9),
            12 | 13 => page.sentences[1] = dice.below(9),
            _ => {
                page.heading = dice.below(50);
                page.broken = dice.below(3) == 0;
            }
        });
    }

    fn change(&mut self, path: &str, change: impl FnOnce(&mut Page, &mut Dice)) {
        if let Some(page) = self.pages.get_mut(path) {
            change(page, &mut self.dice);
        }
        self.write_page(path);
    }

    fn add_page(&mut self) {
        self.count += 1;
        let folder = *self
            .dice
            .pick(&["", "blog/", "blog/", "docs/", "docs/deep/", "fresh/"]);
        let path = match self.dice.below(3) {
            0 => format!(
                "{folder}2024-0{}-01-p{}.md",
                1 + self.dice.below(8),
                self.count
            ),
            1 => format!("{folder}p{}/index.md", self.count),
            _ => format!("{folder}p{}.md", self.count),
        };
        let page = Page {
            title: self.count,
            ..Page::default()
        };
        self.pages.insert(path.clone(), page);
        self.write_page(&path);
    }

    fn remove_page(&mut self) {
        let Some(path) = self.any_page() else { return };
        self.pages.remove(&path);
        self.story.push(format!("remove {path}"));
        let file = self.site.path(&format!("content/{path}"));
        if path.ends_with("/index.md") {
            let folder = file.parent().unwrap().to_owned();
            fs::remove_dir_all(&folder).unwrap();
            self.touched.insert(folder);
        } else {
            fs::remove_file(&file).unwrap();
            self.touched.insert(file);
        }
    }

    fn rename_page(&mut self) {
        let Some(path) = self.any_page() else { return };
        if path.ends_with("/index.md") {
            return;
        }
        self.count += 1;
        let to = format!("blog/renamed{}.md", self.count);
        let (old, new) = (format!("content/{path}"), format!("content/{to}"));
        self.story.push(format!("rename {path} {to}"));
        fs::rename(self.site.path(&old), self.site.path(&new)).unwrap();
        self.touched
            .extend([self.site.path(&old), self.site.path(&new)]);
        let page = self.pages.remove(&path).unwrap();
        self.pages.insert(to, page);
    }

    fn edit_template(&mut self) {
        let number = self.dice.below(5);
        if self.dice.below(4) == 0 {
            return self.put("templates/extra.html", &format!("<hr>extra {number}"));
        }
        let (path, text) = *self.dice.pick(&TEMPLATES[..9]);
        let text = text.replace("</", &format!("<!-- {number} --></"));
        self.put(path, &text);
    }

    /// A page that the templates do not name.
    fn any_page(&mut self) -> Option<String> {
        let paths: Vec<String> = self
            .pages
            .keys()
            .filter(|path| *path != "docs/start.md")
            .cloned()
            .collect();
        (!paths.is_empty()).then(|| self.dice.pick(&paths).clone())
    }

    fn write_page(&mut self, path: &str) {
        let page = self.pages.get(path).cloned().unwrap_or_default();
        let text = page.text();
        self.put(&format!("content/{path}"), &text);
    }

    fn write_section(&mut self, folder: &str) {
        let sort = *self.dice.pick(&["date", "title", "weight", "none"]);
        let title = self.dice.below(5);
        let mut text = format!("+++\ntitle = 'Section {title}'\nsort_by = '{sort}'\n");
        if folder == "blog/" {
            text += &format!("paginate_by = {}\n", 2 + self.dice.below(2));
            text += "generate_feeds = true\n";
        }
        if folder == "docs/deep/" && self.dice.below(2) == 0 {
            text += "transparent = true\n";
        }
        self.put(
            &format!("content/{folder}_index.md"),
            &(text + "+++\nText\n"),
        );
    }

    fn write_config(&mut self) {
        let title = self.dice.below(3);
        let text = format!(
            "base_url = 'https://a.example'\ntitle = 'Site {title}'\ngenerate_feeds = true\nfeed_limit = 4\n\
             feed_filenames = ['atom.xml', 'feed.json']\n\
             taxonomies = [{{ name = 'tags', paginate_by = 2, feed = true }}]\n"
        );
        self.put("content/site.toml", &text);
    }

    fn put(&mut self, path: &str, text: &str) {
        self.story.push(format!("write {path}: {text:?}"));
        self.site.write(path, text);
        self.touched.insert(self.site.path(path));
    }
}
