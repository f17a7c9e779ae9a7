//! Everything that templates can see.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use jiff::civil::Date;
use minijinja::Value;
use minijinja::value::Serde;

use super::cache::Cache;
use super::files::Files;
use super::fingerprints::{Fingerprints, Keys};
use super::limit::Limits;
use super::shortcodes::Answers;
use super::theme::Theme;
use super::wholes::{self, Changed, Wholes};
use super::{Input, Materials};
use crate::assets::Manifest;
use crate::budget::Budget;
use crate::config::Config;
use crate::model::{Bodies, Content, Site, Target};
use crate::path::Segments;
use crate::tera::walkable;

/// Everything that templates can see.
#[derive(Debug)]
pub(super) struct World {
    pub(super) site: Arc<Site>,
    pub(super) bodies: Bodies,
    pub(super) config: Arc<Config>,
    pub(super) manifest: Manifest,
    pub(super) files: Files,
    pub(super) keys: Arc<Keys>,
    pub(super) fingerprints: Fingerprints,
    pub(super) data: Value,
    pub(super) today: Date,
    pub(super) limits: Limits,
    /// Whether what is read must be noted for a next rendering.
    pub(super) is_kept: bool,
    /// The outputs of all shortcode calls, once they are rendered.
    pub(super) answers: OnceLock<Answers>,
    /// Hashes of everything on the site, if it is kept.
    pub(super) wholes: Arc<Wholes>,
    /// What is not as it was in the last rendering.
    pub(super) changed: Changed,
}

impl World {
    /// What `input` holds for templates, and the templates themselves.
    pub(super) fn new(input: Input, before: &Cache) -> (Self, Theme) {
        let Materials { files, theme, data } = input.materials;
        let mut world = Self {
            fingerprints: Fingerprints::new(&files.sources.layers),
            keys: before.keys(&input.site),
            limits: Limits::new(Budget::new(input.config.timeout, input.site.pages.len())),
            site: input.site,
            bodies: input.bodies,
            config: input.config,
            manifest: input.manifest,
            files,
            data: walkable(data, "data"),
            today: input.today,
            is_kept: input.is_kept,
            answers: OnceLock::new(),
            wholes: Arc::default(),
            changed: Changed::default(),
        };
        if world.is_kept {
            (world.wholes, world.changed) = wholes::since(before, &world);
        }
        (world, theme)
    }

    /// The body of a page or section.
    pub(super) fn content(&self, target: Target) -> &Content {
        self.bodies.content(target)
    }

    /// The variable `config`: the settings as they were written, with defaults for the keys that
    /// every template may use.
    pub(super) fn config_value(&self) -> Value {
        let mut values = BTreeMap::new();
        let empty = || Value::from(BTreeMap::<String, Value>::new());
        for table in ["markdown", "languages", "translations", "search", "slugify"] {
            values.insert(table.to_owned(), empty());
        }
        values.insert("taxonomies".to_owned(), Value::from(Vec::<Value>::new()));
        for entry in &self.config.table.entries {
            values.insert(entry.key.clone(), Value::from(Serde(&entry.node)));
        }
        let config = &self.config;
        let text = |text: &str| Value::from(text);
        for (key, value) in [
            ("title", text(&config.title)),
            ("description", text(&config.description)),
            ("base_url", text(config.base_url.as_str())),
            ("default_language", text(&config.default_language)),
            ("author", Value::from(config.author.clone())),
            ("theme", Value::from(config.theme.clone())),
            ("mode", text("build")),
            ("generate_feeds", Value::from(config.generate_feeds)),
            (
                "feed_filenames",
                Value::from_iter(config.feed_filenames.iter().map(Segments::as_str)),
            ),
            ("feed_limit", Value::from(config.feed_limit)),
            ("generate_sitemap", Value::from(config.generate_sitemap)),
            ("build_search_index", Value::from(config.build_search_index)),
            (
                "extra",
                walkable(Value::from(Serde(&config.extra)), "config.extra"),
            ),
        ] {
            values.insert(key.to_owned(), value);
        }
        Value::from(values)
    }
}
