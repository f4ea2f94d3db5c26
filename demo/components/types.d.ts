// What the scripts of the page are given, for the checks of their types (`npm run check`).

/** What `demo/catalog.py` tells of models, data sets and training runs. */
declare namespace Catalog {
  interface Model {
    name: string;
    recipe: string;
    title: string;
    note: string;
    /** Of classifying; the default first. */
    methods: string[];
    shipped: boolean;
    /** By method, of the test pictures. */
    accuracy: Record<string, number>;
    explained_methods: string[];
    has_ood_score: boolean;
    has_features: boolean;
    has_likelihood: boolean;
    has_counterfactuals: boolean;
    generates: boolean;
    has_encoder: boolean;
    factors: Record<string, number | null>;
    latent_dim: number;
    conditional: boolean;
    figures: Record<string, number>;
    images: number;
    minutes: number;
  }

  interface DataSet {
    key: string;
    title: string;
    subject: string;
    channels: number;
    /** What is done to a picture, so that it looks like one of them. */
    fitting: "cropped" | "centred" | "counted" | "trimmed";
    /** What one draws by hand, such as "digit"; "" where nothing is known. */
    drawn: string;
    strokes: "lines" | "filled";
    classes: string[];
    /** In which one sees best whether pictures vary. */
    varied_class: string;
    models: Model[];
    examples: { name: string; title: string; url: string }[];
  }

  interface Run {
    name: string;
    title: string;
    dataset: string;
    dataset_title: string;
    classes: string[];
    conditional: boolean;
    shipped: boolean;
    /** At which it drew samples. */
    steps: number[];
  }

  interface Found {
    datasets: DataSet[];
    runs: Run[];
    /** How many are shown side by side. */
    max_models?: number;
    corruptions?: Record<string, number>;
  }
}

/** The parts of a markup by the name in their data-ref; an element of any kind. */
type Parts = Record<string, any>;

/** The server functions of a part of the page. */
type Server = Record<string, (request: object) => Promise<any>>;

/** Brings a file to the server. */
type Upload = (file: File) => Promise<{ path: string }>;

interface Window {
  gradio_config: { root: string };
}

interface DocumentEventMap {
  "dgm:open": CustomEvent<{
    files: string[];
    element: HTMLElement;
    server: Server;
    upload: Upload;
  }>;
}
