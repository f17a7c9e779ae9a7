//! The functions of templates, by Zola's names.

mod data;
mod taxonomy;

use std::sync::Arc;

use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Environment, Error, ErrorKind, Value};

use super::fields::Field;
use super::reads::{self, Read};
use super::world::World;
use crate::diag::nearest;
use crate::model::{SectionId, Target};
use crate::path::UrlPath;
use crate::tree::Tree;

pub(super) fn add(environment: &mut Environment<'static>, world: &Arc<World>) {
    let mut call = Register { environment, world };
    call.add("get_url", |world, args| {
        get_url(world, args).map(Value::from)
    });
    call.add("get_page", |world, args| get(world, args, "page"));
    call.add("get_section", |world, args| get(world, args, "section"));
    call.add("get_taxonomy", taxonomy::get_taxonomy);
    call.add("get_taxonomy_url", |world, args| {
        taxonomy::get_taxonomy_url(world, args)
    });
    call.add("get_taxonomy_term", taxonomy::get_taxonomy_term);
    call.add("load_data", |world, args| data::load_data(world, args));
    call.add("get_hash", |world, args| {
        data::get_hash(world, args).map(Value::from)
    });
    call.add("trans", |world, args| trans(world, args).map(Value::from));
    let shared = Arc::clone(world);
    environment.add_function("asset", move |name: &str| asset(&shared, name));
    let shared = Arc::clone(world);
    environment.add_function("integrity", move |name: &str| integrity(&shared, name));
    let shared = Arc::clone(world);
    environment.add_function("asset_imports", move |name: &str| {
        asset_imports(&shared, name)
    });
}

/// Registers functions with named arguments and access to the site.
struct Register<'e> {
    environment: &'e mut Environment<'static>,
    world: &'e Arc<World>,
}

impl Register<'_> {
    fn add(
        &mut self,
        name: &'static str,
        function: impl Fn(&Arc<World>, &Kwargs) -> Result<Value, Error> + Send + Sync + 'static,
    ) {
        let world = Arc::clone(self.world);
        self.environment
            .add_function(name, move |args: Kwargs| function(&world, &args));
    }
}

fn refused(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.into())
}

/// The argument `name` as a text. A section counts as its path, a taxonomy as its name.
fn text(args: &Kwargs, name: &str) -> Result<String, Error> {
    let value: Value = args.get(name)?;
    if matches!(value.kind(), ValueKind::Undefined | ValueKind::None) {
        return Err(refused(format!("`{name}` is not there")));
    }
    Ok(value.to_string())
}

/// `get_url(path="@/a.md#b" | "some/path", trailing_slash=false, cachebust=false)`: the full
/// address.
fn get_url(world: &World, args: &Kwargs) -> Result<String, Error> {
    let path = text(args, "path")?;
    let trailing_slash: Option<bool> = args.get("trailing_slash")?;
    let cachebust: Option<bool> = args.get("cachebust")?;
    let _: Option<&str> = args.get("lang")?;
    args.assert_all_used()?;
    if path.contains("://") || path.starts_with("mailto:") {
        return Ok(path);
    }
    if let Some(internal) = path.strip_prefix("@/") {
        return internal_link(world, internal);
    }
    let end = path.find(['#', '?']).unwrap_or(path.len());
    let (plain, tail) = path.split_at(end);
    let url = UrlPath::new(plain).map_err(|error| refused(format!("get_url: {error}")))?;
    let mut address = world.config.base_url.join(&url);
    if trailing_slash == Some(true) && !address.ends_with('/') {
        address.push('/');
    }
    if cachebust == Some(true) {
        address.push_str("?h=");
        address.push_str(data::cachebust(world, plain)?.as_str());
    }
    Ok(address + tail)
}

/// The full address of `internal`, what stands behind the `@/` of a link.
pub(super) fn internal_link(world: &World, internal: &str) -> Result<String, Error> {
    let (file, anchor) = internal.split_once('#').unwrap_or((internal, ""));
    let target = find(world, file)?;
    reads::note(|| Read::Field(world.target_key(target), Field::path(target)));
    let url = match target {
        Target::Page(id) => &world.site.page(id).url,
        Target::Section(id) => &world.site.section(id).url,
    };
    let address = world.config.base_url.join(url);
    Ok(if anchor.is_empty() {
        address
    } else {
        format!("{address}#{anchor}")
    })
}

fn find(world: &World, file: &str) -> Result<Target, Error> {
    reads::note(|| Read::Source(file.into()));
    world.site.by_source.get(file).copied().ok_or_else(|| {
        let known = world.site.by_source.keys().map(String::as_str);
        let near = nearest(file, known).map(|near| format!("; did you mean `{near}`?"));
        refused(format!(
            "no content file is called `{file}`{}",
            near.unwrap_or_default()
        ))
    })
}

/// `get_page(path="a.md")` and `get_section(path="a/_index.md")`.
fn get(world: &Arc<World>, args: &Kwargs, wanted: &str) -> Result<Value, Error> {
    let path = text(args, "path")?;
    let _: Option<bool> = args.get("metadata_only")?;
    let _: Option<&str> = args.get("lang")?;
    args.assert_all_used()?;
    let file = path.trim_start_matches("@/");
    if file == "_index.md" && wanted == "section" {
        // The front page is a section even without a file.
        return Ok(world.object(SectionId::root()));
    }
    let target = find(world, file)?;
    match (target, wanted) {
        (Target::Page(_), "page") | (Target::Section(_), "section") => {
            Ok(world.target_value(target))
        }
        _ => Err(refused(format!("`{path}` is not a {wanted}"))),
    }
}

/// `trans(key="…", lang="…")`: a text from `[translations]` or `[languages.LANG.translations]`.
fn trans(world: &World, args: &Kwargs) -> Result<String, Error> {
    let key: &str = args.get("key")?;
    let lang: Option<&str> = args.get("lang")?;
    args.assert_all_used()?;
    let default = world.config.default_language.as_str();
    let path: &[&str] = match lang {
        Some(lang) if lang != default => &["languages", lang, "translations", key],
        _ => &["translations", key],
    };
    let mut names = path.iter();
    let mut found = names.next().and_then(|name| world.config.table.get(name));
    for name in names {
        found = match found.map(|node| &node.value) {
            Some(Tree::Table(table)) => table.get(name),
            _ => None,
        };
    }
    match found.map(|node| &node.value) {
        Some(Tree::String(text)) => Ok(text.clone()),
        _ => Err(refused(format!(
            "there is no translation of `{key}`: add it to [{}] in the configuration",
            path[..path.len() - 1].join(".")
        ))),
    }
}

fn unknown_asset(world: &World, name: &str) -> Error {
    let near =
        nearest(name, world.manifest.names()).map(|near| format!("; did you mean `{near}`?"));
    refused(format!(
        "the theme has no asset `{name}`{}",
        near.unwrap_or_default()
    ))
}

/// `asset("site.css")`: the path of the hashed file.
fn asset(world: &World, name: &str) -> Result<String, Error> {
    reads::note(|| Read::Asset(name.into()));
    let url = world
        .manifest
        .url(name)
        .ok_or_else(|| unknown_asset(world, name))?;
    Ok(world.config.base_url.rooted(url))
}

/// `integrity("site.css")`: its Subresource Integrity value.
fn integrity(world: &World, name: &str) -> Result<String, Error> {
    reads::note(|| Read::Asset(name.into()));
    let found = world.manifest.integrity(name).map(str::to_owned);
    found.ok_or_else(|| unknown_asset(world, name))
}

/// `asset_imports("main.js")`: the names of the modules it imports, dependencies first.
fn asset_imports(world: &World, name: &str) -> Result<Vec<String>, Error> {
    asset(world, name)?;
    Ok(world.manifest.imports(name).to_vec())
}
