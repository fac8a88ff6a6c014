using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Tests.Estimators;

/// <summary>Small real data sets as data views with columns Label and Features.</summary>
internal static class RealData
{
    public static IDataView Iris(MLContext ml)
    {
        IDataView raw = Load(ml, "iris.csv", 4, DataKind.String);
        return ml.Transforms.Conversion.MapValueToKey("Label").Fit(raw).Transform(raw);
    }

    public static IDataView BreastCancer(MLContext ml)
    {
        IDataView raw = Load(ml, "breast_cancer.csv", 30, DataKind.String);
        string path = Path.Combine(AppContext.BaseDirectory, "Data", "breast_cancer.csv");
        string positive = File.ReadLines(path).Skip(1).First().Split(',')[^1];
        return ml.Transforms.CustomMapping<TextLabel, BooleanLabel>((input, output) => output.Label = input.Label == positive, null)
            .Fit(raw).Transform(raw);
    }

    public static IDataView Concrete(MLContext ml) => Load(ml, "concrete.csv", 8, DataKind.Single);

    private static IDataView Load(MLContext ml, string file, int features, DataKind label)
    {
        string path = Path.Combine(AppContext.BaseDirectory, "Data", file);
        return ml.Data.LoadFromTextFile(
            path,
            [
                new TextLoader.Column("Features", DataKind.Single, 0, features - 1),
                new TextLoader.Column("Label", label, features),
            ],
            separatorChar: ',',
            hasHeader: true);
    }

    private sealed class TextLabel
    {
        public string Label { get; set; } = string.Empty;
    }

    private sealed class BooleanLabel
    {
        public bool Label { get; set; }
    }
}
