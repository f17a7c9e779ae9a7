//! The fields that templates can read of pages, sections, taxonomies and terms, by Zola's names.
//!
//! Their values (`context.rs`, `groups.rs`) and their hashes (`fingerprints.rs`) come from matches
//! on these types without a fallback, so that no field can have one and lack the other.

use crate::model::Target;

/// The fields of one kind of subject.
pub(super) trait FieldKind: Copy + Into<Field> + 'static {
    /// The names of all fields, in the order in which templates go through them.
    const NAMES: &'static [&'static str];

    /// The field that templates call `name`.
    fn parse(name: &str) -> Option<Self>;
}

/// A field of any kind of subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Field {
    Page(PageField),
    Section(SectionField),
    Taxonomy(TaxonomyField),
    Term(TermField),
}

impl Field {
    /// The field `content` of `target`.
    pub(super) fn content(target: Target) -> Self {
        match target {
            Target::Page(_) => Self::Page(PageField::Content),
            Target::Section(_) => Self::Section(SectionField::Content),
        }
    }

    /// The field `path` of `target`.
    pub(super) fn path(target: Target) -> Self {
        match target {
            Target::Page(_) => Self::Page(PageField::Path),
            Target::Section(_) => Self::Section(SectionField::Path),
        }
    }

    /// Whether what shortcode calls come to is in it.
    pub(super) fn shows_calls(self) -> bool {
        self.is_content() || matches!(self, Self::Page(PageField::Summary))
    }

    /// Whether it is the content of a page or section.
    pub(super) fn is_content(self) -> bool {
        matches!(
            self,
            Self::Page(PageField::Content) | Self::Section(SectionField::Content)
        )
    }
}

/// Declares `$kind`, the fields of a `$subject`, each with the name that templates know it by.
macro_rules! fields {
    ($subject:ident has $kind:ident: $($field:ident $name:literal,)*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum $kind {
            $($field,)*
        }

        impl FieldKind for $kind {
            const NAMES: &'static [&'static str] = &[$($name,)*];

            fn parse(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$field),)*
                    _ => None,
                }
            }
        }

        impl From<$kind> for Field {
            fn from(field: $kind) -> Self {
                Self::$subject(field)
            }
        }
    };
}

fields! {
    Page has PageField:
    Ancestors "ancestors",
    Assets "assets",
    Authors "authors",
    Backlinks "backlinks",
    ColocatedPath "colocated_path",
    Components "components",
    Content "content",
    Date "date",
    Day "day",
    Description "description",
    Draft "draft",
    Extra "extra",
    Higher "higher",
    Lang "lang",
    Lower "lower",
    Month "month",
    Path "path",
    Permalink "permalink",
    ReadingTime "reading_time",
    RelativePath "relative_path",
    Slug "slug",
    Summary "summary",
    Taxonomies "taxonomies",
    Title "title",
    Toc "toc",
    Translations "translations",
    Updated "updated",
    Weight "weight",
    WordCount "word_count",
    Year "year",
}

fields! {
    Section has SectionField:
    Ancestors "ancestors",
    Assets "assets",
    Backlinks "backlinks",
    ColocatedPath "colocated_path",
    Components "components",
    Content "content",
    Description "description",
    Draft "draft",
    Extra "extra",
    GenerateFeeds "generate_feeds",
    Lang "lang",
    Pages "pages",
    PaginateBy "paginate_by",
    PaginateReversed "paginate_reversed",
    Path "path",
    Permalink "permalink",
    ReadingTime "reading_time",
    RelativePath "relative_path",
    Subsections "subsections",
    Title "title",
    Toc "toc",
    Translations "translations",
    Transparent "transparent",
    Weight "weight",
    WordCount "word_count",
}

fields! {
    Taxonomy has TaxonomyField:
    Feed "feed",
    Items "items",
    Kind "kind",
    Lang "lang",
    Name "name",
    PaginateBy "paginate_by",
    PaginatePath "paginate_path",
    Path "path",
    Permalink "permalink",
    Render "render",
    Slug "slug",
}

fields! {
    Term has TermField:
    Name "name",
    PageCount "page_count",
    Pages "pages",
    Path "path",
    Permalink "permalink",
    Slug "slug",
}

#[cfg(test)]
mod tests {
    use super::{FieldKind, PageField, SectionField, TaxonomyField, TermField};

    #[test]
    fn templates_go_through_fields_in_the_order_of_their_names() {
        for names in [
            PageField::NAMES,
            SectionField::NAMES,
            TaxonomyField::NAMES,
            TermField::NAMES,
        ] {
            assert!(names.is_sorted(), "{names:?}");
        }
    }
}
