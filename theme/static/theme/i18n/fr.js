
'use strict';
{
  const globals = this;
  const django = globals.django || (globals.django = {});


  django.pluralidx = function(n) {
    const v = (n > 1);
    if (typeof v === 'boolean') {
      return v ? 1 : 0;
    } else {
      return v;
    }
  };


  /* gettext library */

  django.catalog = django.catalog || {};

  const newcatalog = {
    "%(n)s characters of %(max)s": "%(n)s caract\u00e8res sur %(max)s",
    "%(n)s document chosen": [
      "%(n)s document choisi",
      "%(n)s documents choisis"
    ],
    "%(n)s file was not sent before the page was left. Choose it again: %(names)s": [
      "%(n)s fichier n\u2019a pas \u00e9t\u00e9 envoy\u00e9 avant que la page soit quitt\u00e9e. Choisissez-le de nouveau\u00a0: %(names)s",
      "%(n)s fichiers n\u2019ont pas \u00e9t\u00e9 envoy\u00e9s avant que la page soit quitt\u00e9e. Choisissez-les de nouveau, ceux qui sont arriv\u00e9s sont reconnus\u00a0: %(names)s"
    ],
    "%(n)s more file waits to be sent": [
      "%(n)s autre fichier attend d\u2019\u00eatre envoy\u00e9",
      "%(n)s autres fichiers attendent d\u2019\u00eatre envoy\u00e9s"
    ],
    "%(n)s of %(count)s": "%(n)s sur %(count)s",
    "%(n)s passage": [
      "%(n)s passage",
      "%(n)s passages"
    ],
    "%(n)s passage found": [
      "%(n)s passage trouv\u00e9",
      "%(n)s passages trouv\u00e9s"
    ],
    "%(n)s passage read": [
      "%(n)s passage lu",
      "%(n)s passages lus"
    ],
    "%(n)s setting changed": [
      "%(n)s r\u00e9glage modifi\u00e9",
      "%(n)s r\u00e9glages modifi\u00e9s"
    ],
    "%(n)s source": [
      "%(n)s source",
      "%(n)s sources"
    ],
    "%(s)s s": "%(s)s\u00a0s",
    "Also in:": "Aussi dans\u00a0:",
    "Another version of this document: %(sources)s": "Autre version de ce document\u00a0: %(sources)s",
    "Answered as of %(day)s": "R\u00e9ponse selon l\u2019\u00e9tat au %(day)s",
    "As it stood on %(day)s": "En vigueur le %(day)s",
    "As it stood on %(day)s \u2013 replaced since": "Version en vigueur le %(day)s, remplac\u00e9e depuis",
    "Cancel": "Annuler",
    "Code": "Code",
    "Copied": "Copi\u00e9",
    "Copy": "Copier",
    "Delete %(n)s document?": [
      "Supprimer %(n)s document\u202f?",
      "Supprimer %(n)s documents\u202f?"
    ],
    "Dismiss": "Retirer",
    "It could not be sent. Please try again.": "L\u2019envoi a \u00e9chou\u00e9. Veuillez r\u00e9essayer.",
    "It was to be reviewed by %(date)s.": "Elle devait \u00eatre revue avant le %(date)s.",
    "Link copied": "Lien copi\u00e9",
    "Nearly the same words with other figures: %(sources)s": "Presque les m\u00eames mots, d\u2019autres chiffres\u00a0: %(sources)s",
    "Reload this page later.": "Rechargez cette page plus tard.",
    "Remove \u201c%(title)s\u201d for good?": "Effacer \u00ab\u00a0%(title)s\u00a0\u00bb d\u00e9finitivement\u202f?",
    "Source %(number)s: %(title)s, %(reference)s": "Source %(number)s\u00a0: %(title)s, %(reference)s",
    "Table": "Tableau",
    "The answer is complete.": "La r\u00e9ponse est compl\u00e8te.",
    "The browser did not allow copying.": "Le navigateur n\u2019a pas permis la copie.",
    "The connection broke. Try again.": "La connexion a \u00e9t\u00e9 coup\u00e9e. R\u00e9essayez.",
    "The file and all that was read of it are removed. This cannot be undone.": "Le fichier et tout ce qui en a \u00e9t\u00e9 lu seront effac\u00e9s, sans retour possible.",
    "The previous answer is still being written. Stop it, or wait for its end.": "La r\u00e9ponse pr\u00e9c\u00e9dente est encore en cours de r\u00e9daction. Arr\u00eatez-la, ou attendez sa fin.",
    "There is a reply to your question: %(title)s": "Une r\u00e9ponse \u00e0 votre question est arriv\u00e9e\u00a0: %(title)s",
    "They are no longer searched from now on. They can be restored for a while.": "La recherche n\u2019en tiendra plus compte. Vous pourrez revenir en arri\u00e8re pendant un temps.",
    "To be reviewed by %(date)s.": "\u00c0 revoir avant le %(date)s.",
    "Undo": "R\u00e9tablir",
    "Upload, %(percent)s": "D\u00e9p\u00f4t, %(percent)s",
    "Version %(n)s of %(count)s": "Version %(n)s sur %(count)s",
    "You are signed out. Sign in again.": "Vous \u00eates d\u00e9connect\u00e9. Connectez-vous de nouveau.",
    "Your question is sent.": "Votre question est envoy\u00e9e.",
    "by %(owner)s, reviewed on %(date)s": "par %(owner)s, revue le %(date)s",
    "delete %(n)s document": [
      "supprimer %(n)s document",
      "supprimer %(n)s documents"
    ],
    "reviewed on %(date)s": "revue le %(date)s",
    "\u201c%(file)s\u201d is a folder. Open it and drop its files.": "\u00ab\u00a0%(file)s\u00a0\u00bb est un dossier. Ouvrez-le et d\u00e9posez ses fichiers.",
    "\u201c%(file)s\u201d is too large: at most %(limit)s MB.": "\u00ab\u00a0%(file)s\u00a0\u00bb est trop lourd\u00a0: %(limit)s\u00a0Mo au plus.",
    "\u201c%(file)s\u201d was not sent: the connection broke.": "\u00ab\u00a0%(file)s\u00a0\u00bb n\u2019a pas \u00e9t\u00e9 envoy\u00e9\u00a0: la connexion a \u00e9t\u00e9 coup\u00e9e.",
    "\u201c%(file)s\u201d was not taken. Load this page again, and sign in if asked.": "\u00ab\u00a0%(file)s\u00a0\u00bb n\u2019a pas \u00e9t\u00e9 re\u00e7u. Rechargez cette page, et connectez-vous s\u2019il le faut."
  };
  for (const key in newcatalog) {
    django.catalog[key] = newcatalog[key];
  }


  if (!django.jsi18n_initialized) {
    django.gettext = function(msgid) {
      const value = django.catalog[msgid];
      if (typeof value === 'undefined') {
        return msgid;
      } else {
        return (typeof value === 'string') ? value : value[0];
      }
    };

    django.ngettext = function(singular, plural, count) {
      const value = django.catalog[singular];
      if (typeof value === 'undefined') {
        return (count == 1) ? singular : plural;
      } else {
        return value.constructor === Array ? value[django.pluralidx(count)] : value;
      }
    };

    django.gettext_noop = function(msgid) { return msgid; };

    django.pgettext = function(context, msgid) {
      let value = django.gettext(context + '\x04' + msgid);
      if (value.includes('\x04')) {
        value = msgid;
      }
      return value;
    };

    django.npgettext = function(context, singular, plural, count) {
      let value = django.ngettext(context + '\x04' + singular, context + '\x04' + plural, count);
      if (value.includes('\x04')) {
        value = django.ngettext(singular, plural, count);
      }
      return value;
    };

    django.interpolate = function(fmt, obj, named) {
      if (named) {
        return fmt.replace(/%\(\w+\)s/g, function(match){return String(obj[match.slice(2,-2)])});
      } else {
        return fmt.replace(/%s/g, function(match){return String(obj.shift())});
      }
    };


    /* formatting library */

    django.formats = {
    "DATETIME_FORMAT": "j F Y H:i",
    "DATETIME_INPUT_FORMATS": [
      "%d/%m/%Y %H:%M:%S",
      "%d/%m/%Y %H:%M:%S.%f",
      "%d/%m/%Y %H:%M",
      "%Y-%m-%d %H:%M:%S",
      "%Y-%m-%d %H:%M:%S.%f",
      "%Y-%m-%d %H:%M",
      "%Y-%m-%d"
    ],
    "DATE_FORMAT": "j F Y",
    "DATE_INPUT_FORMATS": [
      "%d/%m/%Y",
      "%d/%m/%y",
      "%Y-%m-%d"
    ],
    "DECIMAL_SEPARATOR": ",",
    "FIRST_DAY_OF_WEEK": 1,
    "MONTH_DAY_FORMAT": "j F",
    "NUMBER_GROUPING": 3,
    "SHORT_DATETIME_FORMAT": "d/m/Y H:i",
    "SHORT_DATE_FORMAT": "d/m/Y",
    "THOUSAND_SEPARATOR": "\u00a0",
    "TIME_FORMAT": "H:i",
    "TIME_INPUT_FORMATS": [
      "%H:%M:%S",
      "%H:%M:%S.%f",
      "%H:%M"
    ],
    "YEAR_MONTH_FORMAT": "F Y"
  };

    django.get_format = function(format_type) {
      const value = django.formats[format_type];
      if (typeof value === 'undefined') {
        return format_type;
      } else {
        return value;
      }
    };

    /* add to global namespace */
    globals.pluralidx = django.pluralidx;
    globals.gettext = django.gettext;
    globals.ngettext = django.ngettext;
    globals.gettext_noop = django.gettext_noop;
    globals.pgettext = django.pgettext;
    globals.npgettext = django.npgettext;
    globals.interpolate = django.interpolate;
    globals.get_format = django.get_format;

    django.jsi18n_initialized = true;
  }
};

