using System.Collections;
using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Tests.Estimators.DeepEquilibrium;

/// <summary>The output must be that of ML.NET's own trainers, column by column and annotation by annotation.</summary>
[TestClass]
public class OutputSchemaTests
{
    [TestMethod]
    public void Multiclass_columns_are_those_of_ML_NET()
    {
        var ml = new MLContext(seed: 1);
        AssertAlike(
            RealData.Iris(ml),
            ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy(),
            ml.MulticlassClassification.Trainers.DeepEquilibrium(QuickOptions.Create(epochs: 1)));
    }

    [TestMethod]
    public void Binary_columns_are_those_of_ML_NET()
    {
        var ml = new MLContext(seed: 1);
        AssertAlike(
            RealData.BreastCancer(ml),
            ml.BinaryClassification.Trainers.LbfgsLogisticRegression(),
            ml.BinaryClassification.Trainers.DeepEquilibrium(QuickOptions.Create(epochs: 1)));
    }

    [TestMethod]
    public void Regression_columns_are_those_of_ML_NET()
    {
        var ml = new MLContext(seed: 1);
        AssertAlike(
            RealData.Concrete(ml),
            ml.Regression.Trainers.LbfgsPoissonRegression(),
            ml.Regression.Trainers.DeepEquilibrium(QuickOptions.Create(epochs: 1)));
    }

    [TestMethod]
    public void Keys_map_back_to_values_in_a_chain()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = RealData.Iris(ml);
        IDataView scored = ml.MulticlassClassification.Trainers.DeepEquilibrium(QuickOptions.Create())
            .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"))
            .Fit(data).Transform(data);
        string[] predicted = [.. scored.GetColumn<string>("PredictedLabel").Distinct().Order(StringComparer.Ordinal)];
        CollectionAssert.IsSubsetOf(predicted, new[] { "setosa", "versicolor", "virginica" });
    }

    private static void AssertAlike<TExpected, TActual>(IDataView data, IEstimator<TExpected> expected, IEstimator<TActual> actual)
        where TExpected : class, ITransformer
        where TActual : class, ITransformer
    {
        CollectionAssert.AreEquivalent(Promise(expected, data), Promise(actual, data), "promised before training");
        AssertEqual(expected.Fit(data).Transform(data).Schema, actual.Fit(data).Transform(data).Schema);
    }

    // What an estimator says of its output, down to the annotations.
    private static string[] Promise<T>(IEstimator<T> estimator, IDataView data)
        where T : class, ITransformer
    {
        var input = (SchemaShape)typeof(SchemaShape)
            .GetMethod("Create", System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Static)!
            .Invoke(null, [data.Schema])!;
        return [.. estimator.GetOutputSchema(input).SelectMany(column => column.Annotations.Prepend(column).Select(part => $"{column.Name}: {part.Name} {part.Kind} {part.ItemType} {part.IsKey}"))];
    }

    private static void AssertEqual(DataViewSchema expected, DataViewSchema actual)
    {
        CollectionAssert.AreEqual(expected.Select(Describe).ToArray(), actual.Select(Describe).ToArray());
        for (int i = 0; i < expected.Count; i++)
        {
            string[] kinds = [.. expected[i].Annotations.Schema.Select(Describe).Order(StringComparer.Ordinal)];
            CollectionAssert.AreEqual(kinds, actual[i].Annotations.Schema.Select(Describe).Order(StringComparer.Ordinal).ToArray(), $"annotations of {expected[i].Name}");
            foreach (DataViewSchema.Column kind in expected[i].Annotations.Schema)
            {
                Assert.AreEqual(
                    ValueOf(expected[i].Annotations, kind.Name),
                    ValueOf(actual[i].Annotations, kind.Name),
                    $"annotation {kind.Name} of {expected[i].Name}");
            }
        }
    }

    private static string Describe(DataViewSchema.Column column) => $"{column.Name}: {column.Type}";

    private static string ValueOf(DataViewSchema.Annotations annotations, string kind)
    {
        Type type = annotations.Schema[kind].Type.RawType;
        object? value = typeof(OutputSchemaTests)
            .GetMethod(nameof(Read), System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Static)!
            .MakeGenericMethod(type).Invoke(null, [annotations, kind]);
        return value is IEnumerable items and not string ? string.Join('|', items.Cast<object>()) : $"{value}";
    }

    private static object? Read<T>(DataViewSchema.Annotations annotations, string kind)
    {
        T value = default!;
        annotations.GetValue(kind, ref value);
        return value switch
        {
            VBuffer<ReadOnlyMemory<char>> texts => texts.DenseValues().Select(text => text.ToString()).ToArray(),
            VBuffer<float> numbers => numbers.DenseValues().ToArray(),
            ReadOnlyMemory<char> text => text.ToString(),
            _ => value,
        };
    }
}
