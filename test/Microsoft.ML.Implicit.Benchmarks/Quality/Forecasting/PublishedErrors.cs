namespace Microsoft.ML.Implicit.Benchmarks.Quality.Forecasting;

/// <summary>
/// Published mean square errors: of the sets of Physiome-ODE (Klötergens et al., ICLR 2025, means of five folds), whose systems are simulated anew here by the
/// same recipe, and of PhysioNet 2012, the second day of 41 variables after the first (Zhang et al., ICML 2024, and Yalavarthi et al., AAAI 2024; another split).
/// </summary>
internal static class PublishedErrors
{
    private static readonly string[] PhysiomeModels = ["GRU-ODE-Bayes", "LinODENet", "CRU", "Neural Flows", "GraFITi", "GraFITi constant in time"];
    private static readonly string[] ClinicalModels = ["GraFITi", "t-PatchGNN", "GRU-D", "Warpformer", "latent ODE (Rubanova et al.)", "mTAND", "Neural Flows", "CRU"];

    private static readonly Dictionary<string, (string[] Models, double[] Errors)> Published = new()
    {
        ["DUP01"] = (PhysiomeModels, [1.037, 0.964, 0.958, 1.030, 0.955, 0.951]),
        ["JEL01"] = (PhysiomeModels, [1.017, 0.949, 0.939, 1.000, 0.942, 0.935]),
        ["BOR01"] = (PhysiomeModels, [0.794, 0.719, 0.715, 0.743, 0.712, 0.709]),
        ["LEN01"] = (PhysiomeModels, [1.028, 0.387, 0.754, 1.009, 0.607, 0.970]),
        ["LI01"] = (PhysiomeModels, [1.067, 0.084, 0.175, 0.979, 0.202, 0.742]),
        ["PUR01"] = (PhysiomeModels, [0.703, 0.106, 0.353, 0.654, 0.153, 0.476]),
        ["HOD01"] = (PhysiomeModels, [0.851, 0.441, 0.409, 0.701, 0.493, 0.609]),
        ["REE01"] = (PhysiomeModels, [0.266, 0.045, 0.051, 0.045, 0.033, 0.039]),
        ["GUP01"] = (PhysiomeModels, [0.153, 0.018, 0.057, 0.043, 0.041, 0.035]),
        ["WOD01"] = (PhysiomeModels, [0.612, 0.154, 0.113, 0.510, 0.164, 0.344]),
        [ClinicalRecords.Name] = (ClinicalModels, [4.89e-3, 4.98e-3, 5.59e-3, 5.94e-3, 6.05e-3, 6.23e-3, 7.20e-3, 8.56e-3]),
    };

    public static bool Has(string data) => Published.ContainsKey(data);

    /// <summary>Each published model's error.</summary>
    public static IEnumerable<(string Data, string Model, double Square)> Of(string data) =>
        Published[data].Models.Zip(Published[data].Errors, (model, square) => (data, model, square));

    /// <summary>The least published error.</summary>
    public static double Best(string data) => Published[data].Errors.Min();
}
