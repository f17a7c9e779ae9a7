//! A page, as what can be edited about it.

/// A page that is written anew at every edit.
#[derive(Clone, Default)]
pub(super) struct Page {
    pub(super) title: usize,
    pub(super) day: usize,
    pub(super) tags: Vec<usize>,
    pub(super) weight: usize,
    pub(super) draft: bool,
    pub(super) alias: Option<usize>,
    pub(super) link: Option<String>,
    pub(super) heading: usize,
    pub(super) sentences: [usize; 2],
    pub(super) call: Option<usize>,
    pub(super) template: bool,
    pub(super) broken: bool,
}

impl Page {
    pub(super) fn text(&self) -> String {
        let mut text = format!(
            "+++\ntitle = 'Title {}'\nweight = {}\n",
            self.title, self.weight
        );
        if self.day > 0 {
            text += &format!("date = 2024-05-{:02}\n", self.day);
        }
        if self.draft {
            text += "draft = true\n";
        }
        if let Some(alias) = self.alias {
            text += &format!("aliases = ['old/{alias}']\n");
        }
        if self.template {
            text += "template = 'other.html'\ndescription = 'd'\n";
        }
        if self.broken {
            text += "title = \n";
        }
        let tags: Vec<String> = self.tags.iter().map(|tag| format!("'Tag {tag}'")).collect();
        text += &format!("[taxonomies]\ntags = [{}]\n+++\n", tags.join(", "));
        let [above, below] = self.sentences;
        text += &format!(
            "Above {above}\n\n<!-- more -->\n\n## Heading {}\n",
            self.heading
        );
        text += &format!("\nBelow {below}\n");
        if let Some(link) = &self.link {
            text += &format!("\n[link](@/{link})\n");
        }
        if let Some(call) = self.call {
            text += &format!("\n{{{{ box(n={call}) }}}}\n\n");
            let plain = format!("{{{{ plain(n={call}) }}}}");
            text += &match call % 2 {
                0 => plain,
                _ => format!("{{% box(n=9) %}}{plain}{{% end %}}"),
            };
        }
        text
    }
}
