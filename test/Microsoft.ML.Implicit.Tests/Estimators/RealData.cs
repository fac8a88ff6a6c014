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

    /// <summary>Iris with a scalar column a feature instead of a vector.</summary>
    public static IDataView Iris(MLContext ml, IReadOnlyList<string> featureNames)
    {
        IDataView raw = IrisText(ml, featureNames);
        return ml.Transforms.Conversion.MapValueToKey("Label").Fit(raw).Transform(raw);
    }

    /// <summary>Iris with a scalar column a feature, and names as labels.</summary>
    public static IDataView IrisText(MLContext ml, IReadOnlyList<string> featureNames)
    {
        TextLoader.Column[] columns = [.. featureNames.Select((name, i) => new TextLoader.Column(name, DataKind.Single, i)), new TextLoader.Column("Label", DataKind.String, featureNames.Count)];
        return ml.Data.LoadFromTextFile(PathOf("iris.csv"), columns, separatorChar: ',', hasHeader: true);
    }

    public static IDataView BreastCancer(MLContext ml)
    {
        IDataView raw = Load(ml, "breast_cancer.csv", 30, DataKind.String);
        string positive = File.ReadLines(PathOf("breast_cancer.csv")).Skip(1).First().Split(',')[^1];
        return ml.Transforms.CustomMapping<TextLabel, BooleanLabel>((input, output) => output.Label = input.Label == positive, null)
            .Fit(raw).Transform(raw);
    }

    public static IDataView Concrete(MLContext ml) => Load(ml, "concrete.csv", 8, DataKind.Single);

    private static IDataView Load(MLContext ml, string file, int features, DataKind label) => ml.Data.LoadFromTextFile(
        PathOf(file),
        [
            new TextLoader.Column("Features", DataKind.Single, 0, features - 1),
            new TextLoader.Column("Label", label, features),
        ],
        separatorChar: ',',
        hasHeader: true);

    private static string PathOf(string file) => Path.Combine(AppContext.BaseDirectory, "Data", file);

    private sealed class TextLabel
    {
        public string Label { get; set; } = string.Empty;
    }

    private sealed class BooleanLabel
    {
        public bool Label { get; set; }
    }
}
