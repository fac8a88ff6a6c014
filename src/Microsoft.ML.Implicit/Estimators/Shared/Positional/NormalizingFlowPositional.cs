using Microsoft.ML.Implicit.Layers.Flow;
using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Persistence;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Flows as written before the document.</summary>
internal static class NormalizingFlowPositional
{
    public static void Read(PositionalReader reader)
    {
        reader.Text("feature_column");
        reader.OptionalText("context_column");
        ReadModel(reader);
    }

    public static void ReadLatent(PositionalReader reader)
    {
        reader.Text("input_column");
        reader.OptionalText("context_column");
        reader.Text("output_column");
        reader.OptionalText("log_density_column");
        ReadModel(reader);
    }

    private static void ReadModel(PositionalReader reader)
    {
        PositionalReader architecture = reader.Section("architecture");
        ReadLayout(architecture.Section("layout"));
        architecture.Int32("context");
        architecture.Int32("hidden_width");
        architecture.Int32("hidden_layers");
        architecture.Enum<DynamicsActivation>("activation");
        architecture.Enum<FlowTimeConditioning>("time");
        reader.Double("tolerance");
        reader.Enum<AnomalyScoring>("scoring");
        reader.Single("threshold");
        reader.State("network");
    }

    private static void ReadLayout(PositionalReader reader)
    {
        reader.Int32("features");
        int count = reader.Count();
        var periods = new List<double>();
        var slots = new List<int[]>();
        while (slots.Count < count)
        {
            periods.AddRange(reader.Doubles(1));
            slots.Add(reader.Int32s(reader.Count(sizeof(int))));
        }

        reader.Document.Write("sphere_periods", [.. periods]);
        reader.Document.Write("sphere_sizes", [.. slots.Select(indices => indices.Length)]);
        reader.Document.Write("sphere_slots", [.. slots.SelectMany(indices => indices)]);
    }
}
