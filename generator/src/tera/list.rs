//! Filters of lists.

use std::fmt;
use std::iter;
use std::sync::Arc;

use minijinja::filters;
use minijinja::value::{Enumerator, Kwargs, Object, ObjectRepr, Rest, Value, ValueKind};
use minijinja::{Environment, Error, State};

use super::walk::is_absent;
use super::{at_path, refused, short_enough, shown};

/// The longest list that a filter joins of others, in items.
const MOST_ITEMS: usize = 4_000_000;

pub(super) fn add(environment: &mut Environment<'static>) {
    environment.add_filter("slice", slice);
    environment.add_filter("nth", nth);
    environment.add_filter("concat", concat);
    environment.add_filter("chain", chain);
    environment.add_filter("filter", filter);
    environment.add_filter("group_by", group_by);
    environment.add_filter("join", join);
}

/// `slice(start=0, end=…)`: the items from `start` up to `end`; negative numbers count from the
/// end. With one positional number it is Jinja's `slice`: the list cut into that many parts.
fn slice(
    state: &State<'_, '_>,
    list: Value,
    count: Option<usize>,
    kwargs: Kwargs,
) -> Result<Value, Error> {
    if let Some(count) = count {
        kwargs.assert_all_used()?;
        return filters::slice(state, list, count, None);
    }
    let start: Option<i64> = kwargs.get("start")?;
    let end: Option<i64> = kwargs.get("end")?;
    kwargs.assert_all_used()?;
    let items: Vec<Value> = list.try_iter()?.collect();
    let place = |at: i64| {
        let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
        let at = if at < 0 {
            length.saturating_add(at)
        } else {
            at
        };
        usize::try_from(at.clamp(0, length)).unwrap_or(0)
    };
    let (start, end) = (place(start.unwrap_or(0)), place(end.unwrap_or(i64::MAX)));
    Ok(Value::from(items.get(start..end).unwrap_or(&[]).to_vec()))
}

/// `nth(n=…)`: the item at that place, counted from 0; an empty text if there is none.
fn nth(list: &Value, kwargs: Kwargs) -> Result<Value, Error> {
    let n: usize = kwargs.get("n")?;
    kwargs.assert_all_used()?;
    Ok(list.try_iter()?.nth(n).unwrap_or_else(|| Value::from("")))
}

/// `concat(with=…)`: appends the items of a list, or one item.
fn concat(list: &Value, kwargs: Kwargs) -> Result<Value, Error> {
    let with: Value = kwargs.get("with")?;
    kwargs.assert_all_used()?;
    let with = match with.kind() {
        ValueKind::Seq | ValueKind::Iterable => with,
        _ => Value::from(vec![with]),
    };
    joined(&[list, &with])
}

/// Jinja's `chain`. The engine's joins lists without counting their items.
fn chain(state: &State<'_, '_>, first: Value, others: Rest<Value>) -> Result<Value, Error> {
    let all: Vec<&Value> = iter::once(&first).chain(others.iter()).collect();
    if all.iter().all(|one| one.kind() == ValueKind::Map) {
        filters::chain(state, first, others)
    } else {
        joined(&all)
    }
}

fn joined(lists: &[&Value]) -> Result<Value, Error> {
    let mut items = Vec::new();
    for list in lists {
        for item in list.try_iter()? {
            if items.len() == MOST_ITEMS {
                let message = format!("the list is longer than {MOST_ITEMS} items");
                return Err(refused(message));
            }
            items.push(item);
        }
    }
    Ok(Value::from(items))
}

/// `filter(attribute="a.b", value=…)`: the items whose attribute has that value; without `value`,
/// those that have the attribute.
fn filter(list: &Value, kwargs: Kwargs) -> Result<Value, Error> {
    let attribute: &str = kwargs.get("attribute")?;
    let wanted: Option<Value> = kwargs.get("value")?;
    kwargs.assert_all_used()?;
    let keeps = |item: &Value| {
        let found = at_path(item, attribute);
        match &wanted {
            Some(wanted) => found == *wanted,
            None => !is_absent(&found),
        }
    };
    Ok(Value::from(
        list.try_iter()?.filter(keeps).collect::<Vec<_>>(),
    ))
}

/// `join(sep="…")` or `join("…")`; Jinja's `attribute` works too.
fn join(
    state: &mut State<'_, '_>,
    list: &Value,
    separator: Option<Value>,
    kwargs: Kwargs,
) -> Result<Value, Error> {
    let named: Option<Value> = kwargs.get("sep")?;
    let separator = separator.or(named).or(kwargs.get("d")?);
    let attribute: Option<Value> = kwargs.get("attribute")?;
    kwargs.assert_all_used()?;
    if let (Some(separator), Some(items)) = (separator.as_ref().and_then(Value::as_str), list.len())
    {
        short_enough(separator.len().saturating_mul(items))?;
    }
    let passed = [("d", separator), ("attribute", attribute)];
    let passed = passed
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)));
    filters::join(state, list, None, None, passed.collect())
}

/// `group_by(attribute="a.b")`: groups the items by the value of that attribute. Items without it
/// are left out.
fn group_by(list: &Value, kwargs: Kwargs) -> Result<Value, Error> {
    let attribute: &str = kwargs.get("attribute")?;
    kwargs.assert_all_used()?;
    let mut groups: Vec<(String, Vec<Value>)> = Vec::new();
    for item in list.try_iter()? {
        let found = at_path(&item, attribute);
        if is_absent(&found) {
            continue;
        }
        let key = shown(&found);
        // Lists are often sorted by what they are grouped by, so the last group is tried first.
        match groups.iter_mut().rev().find(|(known, _)| *known == key) {
            Some((_, items)) => items.push(item),
            None => groups.push((key, vec![item])),
        }
    }
    let groups = groups
        .into_iter()
        .map(|(key, items)| (key, Value::from(items)));
    Ok(Value::from_object(Groups(groups.collect())))
}

/// Groups, in the order of their first items. As in Tera, a loop over them yields keys with lists
/// of items, and a group can be looked up by its key.
#[derive(Debug)]
struct Groups(Vec<(String, Value)>);

impl Object for Groups {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Iterable
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let key = shown(key);
        let found = self.0.iter().find(|(known, _)| *known == key);
        found.map(|(_, items)| items.clone())
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let pair = |(key, items): &(String, Value)| {
            Value::from(vec![Value::from(key.as_str()), items.clone()])
        };
        Enumerator::Values(self.0.iter().map(pair).collect())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(self.0.iter().map(|(key, items)| (key, items)))
            .finish()
    }
}
