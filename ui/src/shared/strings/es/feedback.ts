// Las palabras de la revisión: qué encontraron los operadores y qué fue de ello.
import type { NotYet } from "../../../backend/backend";
import type { triage as english } from "../feedback";

const many = (n: number, one: string, more: string) => `${n} ${n === 1 ? one : more}`;

export const triage: typeof english = {
  feedback: "Comentarios",
  found: "Lo que encontraron los operadores en estas dos semanas",
  counts: (labels, bad) => `${many(labels, "etiqueta", "etiquetas")}, ${many(bad, "mala", "malas")} · ocultadas`,
  trend: (days, bad) => `Etiquetas malas al día en ${days} días, ${bad} en total`,
  trendDay: (day, bad, good) => `${day}: ${many(bad, "mala", "malas")}, ${many(good, "buena", "buenas")}`,
  byDocument: "Documentos y lagunas",
  columns: { about: "documento o laguna", mostly: "sobre todo", labels: "etiquetas", state: "estado" },
  nothingAnswers: (question) => `Nada responde: ${question}`,
  bad: (n) => many(n, "mala", "malas"),
  badAndGood: (bad, good) =>
    good > 0 ? `${many(bad, "mala", "malas")}, ${many(good, "buena", "buenas")}` : many(bad, "mala", "malas"),
  asked: (n) => many(n, "pregunta", "preguntas"),
  states: {
    open: "abierto",
    fixed: "corregido, sin verificar",
    verified: "verificado ✓",
    not_a_fault: "no es un fallo",
  },
  done: "Hecho",
  views: {
    open: "Por documento",
    gaps: "Sin respuesta",
    fixed: "Corregido, sin verificar",
    verified: "Verificado",
    not_a_fault: "No es un fallo",
  },
  view: (words, n) => `${words} · ${n}`,
  reasons: {
    wrong_source: "fuente equivocada",
    out_of_date: "anticuado",
    not_complete: "incompleto",
    wrong: "falso",
    badly_said: "mal dicho",
    no_source: "sin fuente",
    should_be_refused: "no debía responderse",
    covered: "debería tener respuesta",
    not_written: "aún no está escrito",
    misread: "mal entendido",
    complete: "completo",
    well_sourced: "buenas fuentes",
    clear: "claro",
    other: "otro",
  },
  anyReason: "Cualquier motivo",
  reason: "Motivo",
  anyRelease: "Cualquier versión",
  release: "Versión",
  anyOperator: "Cualquier operador",
  operator: "Operador",
  panel: "Etiqueta",
  walk: "recorrer",
  itsAnswers: "sus respuestas",
  fixedInKey: "corregido en",
  commands: {
    feedback: "Comentarios: lo que encontraron los operadores",
    nextFound: "Siguiente documento o laguna",
    lastFound: "Documento o laguna anterior",
    nextLabel: "Su etiqueta siguiente o anterior",
    fixedIn: "Corregido en un documento",
    notAFault: "No es un fallo",
    reopen: "Abrir de nuevo",
    askAgain: "Volver a hacer las preguntas",
    pull: "Leer lo que llegó",
    leaveFeedback: "Volver a la pregunta",
  },
  reading: "Leyendo lo que llegó…",
  empty: "Aquí no hay nada.",
  emptyWhat: "Las etiquetas aparecen cuando los portátiles de los operadores las han enviado.",
  look: "Leer lo que llegó",
  pulled: (labels, decisions) =>
    `${many(labels, "etiqueta nueva", "etiquetas nuevas")}, ${many(decisions, "decisión nueva", "decisiones nuevas")}`,
  noLabels: (n) => `${many(n, "objeto del depósito no es", "objetos del depósito no son")} una etiqueta`,
  offline: "Ahora no se pueden leer etiquetas. Se muestra lo leído antes.",
  chooseOne: "Elija un documento para ver lo que se encontró.",
  askedOf: (release) => `Preguntado · versión ${release}`,
  label: (n, of) => `Etiqueta ${n} de ${of}`,
  edited: "editado",
  note: "Nota",
  was: (release) => `Entonces · ${release}`,
  is: (release) => `Hoy · ${release}`,
  same: "dice lo mismo",
  became: { withdrawn: "se retiró", expired: "ya no está vigente", changed: "es distinto" },
  fixedIn: "Corregido en",
  fixedInWhat: "¿Qué documento lo dice bien ahora? Se verifica cuando la respuesta viene de ahí.",
  document: "Documento",
  notAFault: "No es un fallo",
  why: "Por qué no lo es",
  reopen: "Abrir de nuevo",
  askAgain: "Preguntar de nuevo",
  asking: "Preguntando de nuevo…",
  comeRight: (right, of) => `${right} de ${of} salen bien`,
  notYet: (why: NotYet): string => {
    switch (why.why) {
      case "same_release":
        return "Es la misma versión de la etiqueta: publique antes la corrección.";
      case "no_document":
        return "Esta versión no tiene ese documento.";
      case "refused":
        return "No se responde nada.";
      case "answered":
        return "Se responde, y no debería.";
      case "other_source":
        return `Viene de «${why.title}».`;
      case "same_words":
        return "El documento dice ahí lo que decía.";
    }
  },
};
