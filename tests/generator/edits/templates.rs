//! Templates that look at one another's pages in every way there is.

pub(super) const TEMPLATES: [(&str, &str); 10] = [
    (
        "templates/base.html",
        "<!doctype html><html lang=en><head><meta charset=utf-8><title>{% block title %}{% endblock %}</title>\
         <link rel=stylesheet href=\"{{ asset('site.css') }}\"></head><body>{% include 'nav.html' %}\
         {% block body %}{% endblock %}<footer>{{ data.facts.motto }} {{ config.title }}</footer></body></html>",
    ),
    (
        "templates/nav.html",
        "<nav>{% set docs = get_section(path='docs/_index.md') %}\
         {% for page in docs.pages %}<a href=\"{{ page.path }}\">{{ page.title }}</a>{% endfor %}\
         {% for sub in docs.subsections %}<a href=\"{{ sub.path }}\">{{ sub.title }}</a>{% endfor %}</nav>",
    ),
    (
        "templates/macros.html",
        "{% macro line(page) %}<li><a href=\"{{ page.permalink }}\">{{ page.title }}</a> {{ page.date }} \
         {{ page.reading_time }}</li>{% endmacro %}",
    ),
    (
        "templates/index.html",
        "{% extends 'base.html' %}{% import 'macros.html' as macros %}{% block title %}{{ section.title }}{% endblock %}\
         {% block body %}{{ section.content }}{% set blog = get_section(path='blog/_index.md') %}\
         {% for page in blog.pages[:3] %}{{ macros.line(page=page) }}{{ page.summary }}{% endfor %}\
         {% include ['extra.html', 'nav.html'] %}{% endblock %}",
    ),
    (
        "templates/section.html",
        "{% extends 'base.html' %}{% import 'macros.html' as macros %}{% block title %}{{ section.title }}{% endblock %}\
         {% block body %}{{ section.content }}{% if paginator %}{{ paginator.current_index }}/{{ paginator.number_pagers }}\
         {% for page in paginator.pages %}{{ macros.line(page=page) }}{% endfor %}{% if paginator.next %}\
         <a href=\"{{ paginator.next }}\">next</a>{% endif %}{% else %}{{ section.pages | length }}\
         {% for page in section.pages %}{{ macros.line(page=page) }}{% endfor %}{% endif %}\
         {% for up in section.ancestors %}{{ up.title }}{% endfor %}{% endblock %}",
    ),
    (
        "templates/page.html",
        "{% extends 'base.html' %}{% block title %}{{ page.title }}{% endblock %}{% block body %}{{ page.content }}\
         {% for tag in page.taxonomies.tags | default(value=[]) %}<a href=\"{{ get_taxonomy_url(kind='tags', name=tag) }}\">{{ tag }}</a>{% endfor %}\
         {% if page.lower %}<a href=\"{{ page.lower.path }}\">{{ page.lower.title }}</a>{% endif %}\
         {% if page.higher %}<a href=\"{{ page.higher.path }}\">{{ page.higher.title }}</a>{% endif %}\
         {% for other in page.backlinks %}<i>{{ other.title }}</i>{% endfor %}{% for entry in page.toc %}{{ entry.title }}{% endfor %}\
         {% for file in page.assets %}<img src=\"{{ file }}\" alt=\"\">{% endfor %}{{ page.weight }}{% endblock %}",
    ),
    (
        "templates/other.html",
        "{% extends 'page.html' %}{% block title %}other {{ page.description }}{% endblock %}",
    ),
    (
        "templates/shortcodes/box.html",
        "<p>{{ n }} {{ nth }} {{ page.title | default(value='') }} {{ get_page(path='docs/start.md').title }} {{ data.more.list }}</p>\
         {% if body %}<div>{{ body | markdown }}</div>{% endif %}",
    ),
    ("templates/shortcodes/plain.md", "*plain {{ n }}* <b></b>"),
    ("assets/site.css", "body { margin: 0 }\n"),
];
