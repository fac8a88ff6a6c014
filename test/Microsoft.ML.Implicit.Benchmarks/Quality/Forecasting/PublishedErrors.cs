namespace Microsoft.ML.Implicit.Benchmarks.Quality.Forecasting;

/// <summary>
/// Published mean square errors of the sets of Physiome-ODE (Klötergens et al., ICLR 2025, means of five folds). The systems here are simulated anew by the same recipe.
/// </summary>
internal static class PublishedErrors
{
    public static string[] Models { get; } = ["GRU-ODE-Bayes", "LinODENet", "CRU", "Neural Flows", "GraFITi", "GraFITi constant in time"];

    private static readonly Dictionary<string, double[]> Errors = new()
    {
        ["DUP01"] = [1.037, 0.964, 0.958, 1.030, 0.955, 0.951],
        ["JEL01"] = [1.017, 0.949, 0.939, 1.000, 0.942, 0.935],
        ["BOR01"] = [0.794, 0.719, 0.715, 0.743, 0.712, 0.709],
        ["LEN01"] = [1.028, 0.387, 0.754, 1.009, 0.607, 0.970],
        ["LI01"] = [1.067, 0.084, 0.175, 0.979, 0.202, 0.742],
        ["PUR01"] = [0.703, 0.106, 0.353, 0.654, 0.153, 0.476],
        ["HOD01"] = [0.851, 0.441, 0.409, 0.701, 0.493, 0.609],
        ["REE01"] = [0.266, 0.045, 0.051, 0.045, 0.033, 0.039],
        ["GUP01"] = [0.153, 0.018, 0.057, 0.043, 0.041, 0.035],
        ["WOD01"] = [0.612, 0.154, 0.113, 0.510, 0.164, 0.344],
    };

    public static bool Has(string data) => Errors.ContainsKey(data);

    /// <summary>Each published model's error.</summary>
    public static IEnumerable<(string Data, string Model, double Square)> Of(string data) =>
        Models.Zip(Errors[data], (model, square) => (data, model, square));

    /// <summary>The least published error.</summary>
    public static double Best(string data) => Errors[data].Min();
}
