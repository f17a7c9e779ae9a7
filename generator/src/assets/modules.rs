//! Finishes scripts, as a graph of modules. The name of each holds a hash of its text, which
//! includes the names of its imports, so that a change renames all modules that depend on it.
//! Modules that import one another share a hash.

use std::collections::{BTreeMap, BTreeSet};
use std::str;

use super::reference::{Target, plain_url, relative, resolve, unknown};
use super::script::{Specifier, compact, rewrite, specifiers};
use super::shelf::{Shelf, finished_path, short_hash};
use super::{AssetError, AssetFile, Files, Reason};
use crate::diag;
use crate::path::{OutputPath, Segments, UrlPath};

/// Finishes all scripts. Other assets that they import must be on the shelf.
///
/// # Errors
/// Everything that is wrong with them; then none is finished.
pub(super) fn place(scripts: &Files, shelf: &mut Shelf) -> Result<(), Vec<AssetError>> {
    let read = scripts.iter().map(|(name, file)| {
        let module = read(file, scripts, shelf)?;
        Ok((name.as_str(), module))
    });
    let read = diag::collect(read).map_err(|errors: Vec<Vec<_>>| errors.concat())?;
    let modules: BTreeMap<&str, Module<'_>> = read.into_iter().collect();
    for group in groups(&modules) {
        finish(&group, &modules, shelf);
    }
    for name in modules.keys() {
        let mut imports = Vec::new();
        collect_imports(name, &modules, &mut BTreeSet::from([*name]), &mut imports);
        if let Some(entry) = shelf.manifest.entries.get_mut(*name) {
            entry.imports = imports;
        }
    }
    Ok(())
}

/// A script and what it imports.
struct Module<'a> {
    file: &'a AssetFile,
    text: &'a str,
    specifiers: Vec<Specifier>,
    /// For each specifier, the asset it names and the suffix behind the name; `None` if it names no
    /// asset.
    targets: Vec<Option<(String, String)>>,
}

impl Module<'_> {
    /// The assets it imports, in order. Those of `import()` are included if `lazy` is true.
    fn imports(&self, lazy: bool) -> impl Iterator<Item = &str> {
        self.specifiers
            .iter()
            .zip(&self.targets)
            .filter(move |(specifier, _)| lazy || !specifier.lazy)
            .filter_map(|(_, target)| target.as_ref())
            .map(|(name, _)| name.as_str())
    }
}

fn read<'a>(
    file: &'a AssetFile,
    scripts: &Files,
    shelf: &Shelf,
) -> Result<Module<'a>, Vec<AssetError>> {
    let error = |span, reason| AssetError {
        file: file.path.clone(),
        source: file.bytes.clone(),
        span,
        reason,
    };
    let text = str::from_utf8(&file.bytes).map_err(|_| vec![error(0..0, Reason::NotUtf8)])?;
    let specifiers =
        specifiers(text).map_err(|found| vec![error(found.span, Reason::Unterminated)])?;
    let targets = specifiers.iter().map(|specifier| {
        let span = specifier.span.clone();
        let found = target(file, &text[span.clone()], scripts, shelf);
        found.map_err(|reason| (span, reason))
    });
    let errors = |wrong: Vec<_>| -> Vec<AssetError> {
        let wrong = wrong.into_iter();
        wrong.map(|(span, reason)| error(span, reason)).collect()
    };
    Ok(Module {
        file,
        text,
        targets: diag::collect(targets).map_err(errors)?,
        specifiers,
    })
}

fn target(
    file: &AssetFile,
    written: &str,
    scripts: &Files,
    shelf: &Shelf,
) -> Result<Option<(String, String)>, Reason> {
    let Target::Asset { name, suffix } = resolve(file.name.as_str(), written)? else {
        return Ok(None);
    };
    if !written.starts_with("./") && !written.starts_with("../") {
        return Err(Reason::BareImport(written.to_owned()));
    }
    if scripts.contains_key(name.as_str()) || shelf.manifest.url(&name).is_some() {
        return Ok(Some((name, suffix.to_owned())));
    }
    let names = scripts.keys().map(Segments::as_str);
    Err(unknown(written, &name, names.chain(shelf.manifest.names())))
}

/// Puts the modules of one group on the shelf. Everything they import outside of the group is there
/// already.
fn finish(group: &[&str], modules: &BTreeMap<&str, Module<'_>>, shelf: &mut Shelf) {
    // The final names inside the group depend on this hash, so the hashed texts hold the plain
    // names.
    let drafts: Vec<String> = group
        .iter()
        .map(|name| with_names(name, &modules[name], shelf, &BTreeMap::new()))
        .collect();
    let in_circle = |name: &&str| modules[name].imports(true).any(|one| group.contains(&one));
    let together = short_hash(drafts.iter().map(String::as_bytes));
    let mut circle = BTreeMap::new();
    for name in group.iter().filter(|name| in_circle(name)) {
        let hash = short_hash([together.as_str().as_bytes(), name.as_bytes()]);
        circle.insert(*name, finished_path(&modules[name].file.name, &hash));
    }
    for (name, draft) in group.iter().zip(drafts) {
        let AssetFile {
            name: own, path, ..
        } = modules[name].file;
        let made_from = vec![path.clone()];
        match circle.get(name) {
            None => shelf.place(own, draft, made_from),
            Some(path) => {
                let text = with_names(name, &modules[name], shelf, &circle);
                shelf.place_at(path.clone(), own, text, made_from);
            }
        }
    }
}

/// The module's compact text with the finished names of its imports: those on the shelf, and those
/// in `circle`, the finished files of the group whose modules import one another.
fn with_names(
    name: &str,
    module: &Module<'_>,
    shelf: &Shelf,
    circle: &BTreeMap<&str, OutputPath>,
) -> String {
    let own = plain_url(name);
    let url = |target: &str| match (circle.get(target), shelf.manifest.url(target)) {
        (Some(path), _) => UrlPath::from(path).to_string(),
        (None, Some(url)) => url.to_string(),
        (None, None) => plain_url(target),
    };
    let mut targets = module.targets.iter();
    let text = rewrite(module.text, &module.specifiers, |written| {
        match targets.next().and_then(Option::as_ref) {
            Some((target, suffix)) => relative(&own, &url(target)) + suffix,
            None => written.to_owned(),
        }
    });
    compact(&text).unwrap_or(text)
}

/// The modules in groups. A group is one module, or several that import one another, and stands
/// behind the groups it imports from (Tarjan, "Depth-first search and linear graph algorithms",
/// 1972).
fn groups<'a>(modules: &'a BTreeMap<&'a str, Module<'_>>) -> Vec<Vec<&'a str>> {
    let mut search = Search {
        modules,
        indices: BTreeMap::new(),
        open: Vec::new(),
        groups: Vec::new(),
    };
    for name in modules.keys() {
        if !search.indices.contains_key(name) {
            search.visit(name);
        }
    }
    search.groups
}

struct Search<'a> {
    modules: &'a BTreeMap<&'a str, Module<'a>>,
    /// The order in which the modules were visited.
    indices: BTreeMap<&'a str, usize>,
    /// The visited modules whose group is not complete.
    open: Vec<&'a str>,
    groups: Vec<Vec<&'a str>>,
}

impl<'a> Search<'a> {
    /// Visits `name` and everything it imports. Returns the index of the earliest open module that
    /// can be reached from it.
    fn visit(&mut self, name: &'a str) -> usize {
        let index = self.indices.len();
        let depth = self.open.len();
        let mut earliest = index;
        self.indices.insert(name, index);
        self.open.push(name);
        for import in self.modules[name].imports(true) {
            if !self.modules.contains_key(import) {
                continue;
            }
            match self.indices.get(import) {
                None => earliest = earliest.min(self.visit(import)),
                Some(met) if self.open.contains(&import) => earliest = earliest.min(*met),
                Some(_) => {}
            }
        }
        if earliest == index {
            let mut group = self.open.split_off(depth);
            group.sort_unstable();
            self.groups.push(group);
        }
        earliest
    }
}

/// Collects the modules that `name` needs to run, dependencies first.
fn collect_imports<'a>(
    name: &str,
    modules: &'a BTreeMap<&str, Module<'_>>,
    seen: &mut BTreeSet<&'a str>,
    into: &mut Vec<String>,
) {
    let Some(module) = modules.get(name) else {
        return;
    };
    for import in module.imports(false) {
        if modules.contains_key(import) && seen.insert(import) {
            collect_imports(import, modules, seen, into);
            into.push(import.to_owned());
        }
    }
}
