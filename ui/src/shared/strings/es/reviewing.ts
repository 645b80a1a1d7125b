// Las palabras de la página de versiones.

import { dayOf } from "../format";
import type { reviewing as English } from "../reviewing";

const count = (n: number) => n.toLocaleString("es");
const plural = (n: number, one: string, many: string) => `${count(n)} ${n === 1 ? one : many}`;

export const reviewing: typeof English = {
  releases: "Versiones",
  releasesList: "Lo que es distinto",
  changeDetail: "El cambio",
  channels: "Canales",
  allReleases: "Todas las versiones",
  readingStore: "Leyendo el almacén…",
  storeFailed: "No se puede leer el almacén.",
  noChannels: "Todavía no hay nada publicado.",
  noPreview: (to) =>
    `Ningún otro canal que ${to} tiene una versión. Publique primero en uno: mortar kb publish FOLDER --channel preview`,
  sameRelease: (from, to) => `${from} muestra lo mismo que ${to}: no hay nada que promover.`,
  readOnly: "Aquí puede mirar y comparar. Para marcar, promover o volver atrás:",
  channelShows: ({ number, created_at, documents }) =>
    `versión ${number} del ${dayOf(created_at)} · ${plural(documents, "documento", "documentos")}`,
  rolloutOf: (rollout) => {
    if (rollout === null) return "en todos los dispositivos";
    const rings = rollout.rings.length > 0 ? ` y ${rollout.rings.join(", ")}` : "";
    return rollout.paused
      ? `en pausa al ${rollout.share} %${rings}`
      : `en el ${rollout.share} % de los dispositivos${rings}`;
  },
  overriddenBy: (why) => `promovida a pesar de todo: ${why}`,
  pause: "Pausar",
  resume: "Reanudar",
  shareOf: (channel) => `Parte de los dispositivos que reciben ${channel}`,
  share: (percent) => (percent === 100 ? "Todos los dispositivos" : `${percent} % de los dispositivos`),
  takeBackTo: (number) => `Volver a la ${number}`,
  takenBack: (channel, number) => `${channel} muestra otra vez la versión ${number}`,
  takeBackWhat: (channel, number) =>
    `Todos los dispositivos de ${channel} vuelven a la versión ${number} en su próxima comprobación. Todavía está en sus discos.`,
  rolledOut: (channel) => `Cambiado para ${channel}`,
  fromChannel: "Canal de prueba",
  toChannel: "Canal en uso",

  compareNow: "Comparar",
  compareAnew: "Comparar de nuevo",
  stopComparing: "Parar",
  compareWhat: (golden) =>
    golden > 0
      ? "Hace a ambas versiones sus preguntas de referencia y las que responden con sus propias palabras, con los mismos modelos y el mismo día."
      : "Hace a ambas versiones las preguntas que responden con sus propias palabras, con los mismos modelos y el mismo día. Con preguntas de referencia propias es más exacto: nombre su archivo como knowledge.golden en la configuración.",
  weighing: ({ step, done, of }) =>
    step === "fetching" ? "Obteniendo ambas versiones…" : `Pregunta ${count(done + 1)} de ${count(of)}…`,
  weighFailed: "La comparación falló.",
  over: ({ from, number, comparison }) =>
    comparison ? `${from} ${number}: ${plural(comparison.questions, "pregunta", "preguntas")}` : `${from} ${number}`,
  summary: ({ from, to, before, number, difference: d }) => {
    const parts = [
      d.added.length > 0 && plural(d.added.length, "nuevo", "nuevos"),
      d.changed.length > 0 && plural(d.changed.length, "cambiado", "cambiados"),
      d.renamed.length > 0 && plural(d.renamed.length, "renombrado", "renombrados"),
      d.withdrawn.length > 0 && plural(d.withdrawn.length, "retirado", "retirados"),
    ].filter((p) => p !== false);
    const documents = parts.length > 0 ? `documentos: ${parts.join(", ")}` : "ningún documento es distinto";
    return `${to} ${before ?? "–"} → ${from} ${number} · ${documents}`;
  },
  nothingOther: "Nada es distinto: todos los documentos y todas las respuestas son iguales hasta el último byte.",
  alike: (n) => `${plural(n, "respuesta es igual", "respuestas son iguales")} hasta el último byte.`,
  andMore: (n) => `y ${count(n)} más: mortar kb compare y mortar kb diff las muestran todas`,

  figures: {
    rules: "contra una regla",
    reviewed: "respuestas que duelen revisadas",
    ranking: "rango de la fuente correcta (MRR)",
    reviewers: "revisores",
  },
  of: (n, of) => `${count(n)} de ${count(of)}`,
  against: (n) => `${plural(n, "razón habla", "razones hablan")} en contra`,
  nothingAgainst: "Nada habla en contra.",

  groups: { facts: "Números, fechas y códigos", answers: "Respuestas", documents: "Documentos" },
  facts: { fact: "Otro dato", codeLost: "Código perdido", codeNew: "Código nuevo" },
  documentsAre: {
    changed: "Cambiado",
    added: "Nuevo",
    renamed: "Renombrado",
    withdrawn: "Retirado",
    begins: "Ahora vigente",
    ends: "Ya no vigente",
  },
  rules: {
    code_lost: "Código perdido",
    answer_lost: "Respuesta perdida",
    must_not_be_answered: "No debe responderse",
    past_changed: "Pasado cambiado",
  },
  became: {
    unanswered: "Sin respuesta",
    other_facts: "Otros datos",
    disputed: "En disputa",
    answered: "Respondida ahora",
    reworded: "Otras palabras",
    reordered: "Otro orden",
  },
  notAnswered: "sin respuesta",
  isAnswered: "respondida",
  sameFacts: "mismos datos",
  sameAnswer: "misma respuesta",
  nothing: "nada",
  was: "era",
  is: "es",

  marks: { wanted: "Deseado", unwanted: "No deseado", irrelevant: "Sin importancia" },
  toReview: "por revisar",
  saidBy: (by, mark) => `${by}: ${reviewing.marks[mark].toLowerCase()}`,
  noteFor: "Nota a la marca",
  notePlaceholder: "Por qué, para quien promueve…",
  makeGolden: "Pregunta de referencia",
  goldenMade: (file) => `Se pregunta desde ahora: ${file}`,
  onlyAnswers: "Solo se marcan respuestas: elija una",
  because: (title) => `Porque · ${title}`,
  shownBy: (channel, number) => `${channel} ${number}`,
  refusedIt: "Sin respuesta: nada en ella responde a esta pregunta.",
  chooseChange: "Elija un cambio para ver ambos lados.",

  promote: "Promover",
  promoting: "Firmando…",
  promoteTitle: (number, to) => `Promover la versión ${number} a ${to}`,
  promoteFirst: "Compare primero: no se promueve lo que nadie ha mirado",
  promoteRefused: "Esto habla en contra. Corríjalo y publique de nuevo, o diga por qué es correcto a pesar de todo:",
  nevertheless: "Por qué debe hacerse a pesar de todo",
  neverthelessWhat: "Sus palabras y estas razones se firman con el canal, para que todos las lean.",
  firstTo: "Primero a",
  promoteNow: "Promover",
  promotedNow: (number, to) => `${to} muestra la versión ${number}`,
  previewLine: (n) => `Esto es preview, versión ${n}: los operadores todavía no la tienen, y no es para clientes.`,
  previewCopy: "Esto es preview y todavía no es para clientes. Mire otra vez; la próxima pulsación lo copia.",
  askBoth: "Preguntar a ambas",
  askBothPlaceholder: "Una pregunta a ambas versiones…",
  askingBoth: "Preguntando a ambas…",

  commands: {
    releases: "Versiones",
    stopReleases: "Dejar de comparar, o ir a la pregunta",
    nextChange: "Cambio siguiente",
    lastChange: "Cambio anterior",
    wanted: "El cambio es deseado",
    unwanted: "El cambio no es deseado",
    irrelevant: "El cambio no importa",
    golden: "Hacer de él una pregunta de referencia",
    compareReleases: "Comparar los dos canales",
    promote: "Promover",
    both: "Preguntar a ambas versiones",
  },
};
