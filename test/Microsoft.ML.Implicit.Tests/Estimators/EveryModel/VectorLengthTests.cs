using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Tests.Estimators.EveryModel;

/// <summary>A row whose vector has another length than its column declares is refused; it never gets values of the row before.</summary>
[TestClass]
public sealed class VectorLengthTests
{
    public static IEnumerable<object[]> KindsAndColumns => SmallModel.KindsAndColumns;

    public static IEnumerable<object[]> TrainedKindsAndColumns => SmallModel.TrainedKindsAndColumns;

    [TestMethod]
    [DynamicData(nameof(KindsAndColumns))]
    public void A_vector_of_another_length_is_refused_in_scoring(string kind, string column)
    {
        var ml = new MLContext(seed: 1);
        ModelRow[] rows = ModelRow.Create(40);
        ITransformer model = SmallModel.Of(kind).Fit(ml, ml.Data.LoadFromEnumerable(rows));
        using PredictionEngine<ModelRow, ModelOutput> engine = ml.Model.CreatePredictionEngine<ModelRow, ModelOutput>(model);
        float[] expected = engine.Predict(rows[0]).ToArray();
        foreach (int? length in WrongLengths(column))
        {
            ModelRow[] mixed = ModelRow.Create(5);
            SetLength(mixed[3], column, length);
            AssertRefused(column, length, row: 3, () => SmallModel.Read(model.Transform(ml.Data.LoadFromEnumerable(mixed))));
            AssertRefused(column, length, row: null, () => engine.Predict(mixed[3]));
            CollectionAssert.AreEqual(expected, engine.Predict(rows[0]).ToArray(), "the engine goes on");
        }
    }

    [TestMethod]
    [DynamicData(nameof(TrainedKindsAndColumns))]
    public void A_vector_of_another_length_is_refused_in_training(string kind, string column)
    {
        var ml = new MLContext(seed: 1);
        foreach (int? length in WrongLengths(column))
        {
            ModelRow[] rows = ModelRow.Create(40);
            SetLength(rows[17], column, length);
            AssertRefused(column, length, row: 17, () => SmallModel.Of(kind).Fit(ml, ml.Data.LoadFromEnumerable(rows)));
        }
    }

    [TestMethod]
    [DataRow("regression", nameof(ModelRow.Features))]
    [DataRow("anomaly detection", nameof(ModelRow.Context))]
    [DataRow("latent vectors", nameof(ModelRow.Features))]
    [DataRow("quadratic program", nameof(ModelRow.Costs))]
    [DataRow("learned program", nameof(ModelRow.Features))]
    public void A_column_of_varying_length_is_refused_before_any_row_is_read(string kind, string column)
    {
        var ml = new MLContext(seed: 1);
        ITransformer model = SmallModel.Of(kind).Fit(ml, ml.Data.LoadFromEnumerable(ModelRow.Create(40)));
        SchemaDefinition schema = SchemaDefinition.Create(typeof(ModelRow));
        schema[column].ColumnType = new VectorDataViewType(NumberDataViewType.Single);
        IDataView varying = ml.Data.LoadFromEnumerable(ModelRow.Create(4), schema);
        string message = Assert.ThrowsExactly<ArgumentException>(() => model.Transform(varying)).Message;
        StringAssert.Contains(message, $"Column '{column}'", StringComparison.Ordinal);
    }

    [TestMethod]
    public void A_label_vector_of_another_length_is_refused()
    {
        var ml = new MLContext(seed: 1);
        ModelRow[] rows = ModelRow.Create(40);
        SetLength(rows[5], nameof(ModelRow.Costs), 2);
        AssertRefused(nameof(ModelRow.Costs), 2, row: 5, () => SmallModel.Of("learned program").Fit(ml, ml.Data.LoadFromEnumerable(rows)));
    }

    [TestMethod]
    public void Forecasts_are_not_compared_with_a_vector_of_another_length()
    {
        var ml = new MLContext(seed: 1);
        ModelRow[] rows = ModelRow.Create(4);
        SetLength(rows[2], nameof(ModelRow.Level), 2);
        AssertRefused(nameof(ModelRow.Level), 2, row: 2, () => ml.Forecasting.EvaluateForecasts(ml.Data.LoadFromEnumerable(rows), nameof(ModelRow.Costs), nameof(ModelRow.Level)));
    }

    [TestMethod]
    public void The_exception_is_of_the_type_that_ML_NET_throws()
    {
        var ml = new MLContext(seed: 1);
        ModelRow[] rows = ModelRow.Create(4);
        SetLength(rows[2], nameof(ModelRow.Features), 1);
        IDataView data = ml.Data.LoadFromEnumerable(rows);
        IDataView joined = ml.Transforms.Concatenate("Joined", nameof(ModelRow.Features), nameof(ModelRow.Costs)).Fit(data).Transform(data);
        Assert.ThrowsExactly<InvalidOperationException>(() => Scored.Vectors(joined, "Joined"));
    }

    // Shorter, longer, empty and null.
    private static int?[] WrongLengths(string column) => column == nameof(ModelRow.Context) ? [3, 0, null] : [1, 9, 0, null];

    private static void SetLength(ModelRow row, string column, int? length)
    {
        System.Reflection.PropertyInfo property = typeof(ModelRow).GetProperty(column)!;
        property.SetValue(row, length is null ? null : Array.CreateInstance(property.PropertyType.GetElementType()!, length.Value));
    }

    private static void AssertRefused(string column, int? length, int? row, Action action)
    {
        string message = Assert.ThrowsExactly<InvalidOperationException>(action).Message;
        int declared = ((VectorDataViewType)SchemaDefinition.Create(typeof(ModelRow))[column].ColumnType).Size;
        StringAssert.Contains(message, $"Column '{column}', row {row}", StringComparison.Ordinal);
        StringAssert.Contains(message, $"holds {length ?? 0} values; the column's type declares {declared}.", StringComparison.Ordinal);
    }
}
