//! The functions that templates may call, by Zola's names.

use std::sync::Arc;

use minijinja::value::Kwargs;
use minijinja::{Environment, Error, ErrorKind, Value};

use super::world::World;
use crate::diag::nearest;
use crate::model::Target;
use crate::path::UrlPath;

pub(super) fn add(environment: &mut Environment<'static>, world: &Arc<World>) {
    let shared = Arc::clone(world);
    environment.add_function("get_url", move |args: Kwargs| get_url(&shared, &args));
    let shared = Arc::clone(world);
    environment.add_function("get_page", move |args: Kwargs| get(&shared, &args, "page"));
    let shared = Arc::clone(world);
    environment.add_function("get_section", move |args: Kwargs| {
        get(&shared, &args, "section")
    });
    let shared = Arc::clone(world);
    environment.add_function("get_taxonomy", move |args: Kwargs| {
        get_taxonomy(&shared, &args)
    });
    let shared = Arc::clone(world);
    environment.add_function("get_taxonomy_url", move |args: Kwargs| {
        get_taxonomy_url(&shared, &args)
    });
    let shared = Arc::clone(world);
    environment.add_function("asset", move |name: &str| asset(&shared, name));
    let shared = Arc::clone(world);
    environment.add_function("integrity", move |name: &str| integrity(&shared, name));
    let shared = Arc::clone(world);
    environment.add_function("asset_imports", move |name: &str| {
        asset_imports(&shared, name)
    });
}

fn refused(message: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}

/// `get_url(path="@/a.md#b" | "some/path", trailing_slash=false)`: the full address.
fn get_url(world: &World, args: &Kwargs) -> Result<String, Error> {
    let path: &str = args.get("path")?;
    let trailing_slash: Option<bool> = args.get("trailing_slash")?;
    args.assert_all_used()?;
    if let Some(internal) = path.strip_prefix("@/") {
        let (file, anchor) = internal.split_once('#').unwrap_or((internal, ""));
        let url = match find(world, file)? {
            Target::Page(id) => &world.site.page(id).url,
            Target::Section(id) => &world.site.section(id).url,
        };
        let address = world.config.base_url.join(url);
        return Ok(if anchor.is_empty() {
            address
        } else {
            format!("{address}#{anchor}")
        });
    }
    let end = path.find(['#', '?']).unwrap_or(path.len());
    let (plain, tail) = path.split_at(end);
    let url = UrlPath::new(plain).map_err(|error| refused(format!("get_url: {error}")))?;
    let mut address = world.config.base_url.join(&url);
    if trailing_slash == Some(true) && !address.ends_with('/') {
        address.push('/');
    }
    Ok(address + tail)
}

fn find(world: &World, file: &str) -> Result<Target, Error> {
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
    let path: &str = args.get("path")?;
    let _: Option<bool> = args.get("metadata_only")?;
    args.assert_all_used()?;
    let target = find(world, path.trim_start_matches("@/"))?;
    match (target, wanted) {
        (Target::Page(_), "page") | (Target::Section(_), "section") => {
            Ok(world.target_value(target))
        }
        _ => Err(refused(format!("`{path}` is not a {wanted}"))),
    }
}

fn taxonomy(world: &World, kind: &str) -> Result<usize, Error> {
    let found = world
        .site
        .taxonomies
        .iter()
        .position(|taxonomy| taxonomy.config.name == kind);
    found.ok_or_else(|| refused(format!("the site has no taxonomy `{kind}`")))
}

fn get_taxonomy(world: &Arc<World>, args: &Kwargs) -> Result<Value, Error> {
    let kind: &str = args.get("kind")?;
    args.assert_all_used()?;
    Ok(world.taxonomy_value(taxonomy(world, kind)?))
}

/// `get_taxonomy_url(kind="tags", name="Rust")`: the term's full address.
fn get_taxonomy_url(world: &World, args: &Kwargs) -> Result<String, Error> {
    let kind: &str = args.get("kind")?;
    let name: &str = args.get("name")?;
    args.assert_all_used()?;
    let terms = &world.site.taxonomies[taxonomy(world, kind)?].terms;
    let slug = crate::parse::slugify(name, world.config.slugify.taxonomies);
    let term = terms.iter().find(|term| term.slug == slug);
    let term = term.ok_or_else(|| refused(format!("no page has the term `{name}` in `{kind}`")))?;
    Ok(world.config.base_url.join(&term.url))
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
    let url = world
        .manifest
        .url(name)
        .ok_or_else(|| unknown_asset(world, name))?;
    Ok(world.config.base_url.rooted(url))
}

/// `integrity("site.css")`: its Subresource Integrity value.
fn integrity(world: &World, name: &str) -> Result<String, Error> {
    let found = world.manifest.integrity(name).map(str::to_owned);
    found.ok_or_else(|| unknown_asset(world, name))
}

/// `asset_imports("main.js")`: the names of the modules it imports, dependencies first.
fn asset_imports(world: &World, name: &str) -> Result<Vec<String>, Error> {
    asset(world, name)?;
    Ok(world.manifest.imports(name).to_vec())
}
