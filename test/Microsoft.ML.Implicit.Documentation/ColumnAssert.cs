using Microsoft.ML;

namespace Documentation;

/// <summary>What an example that is too long to train asks of its data.</summary>
internal static class ColumnAssert
{
    /// <summary>Asserts that an estimator asks for a column by its name.</summary>
    public static void Needs(string column, IEstimator<ITransformer> estimator)
    {
        IDataView without = new MLContext().Data.LoadFromEnumerable([new Row()]);
        Exception exception = Assert.Throws<Exception>(() => estimator.Fit(without));
        Assert.Contains(column, exception.Message);
    }

    private sealed class Row
    {
        public float Radius { get; set; }

        public float Texture { get; set; }

        public float Cement { get; set; }

        public float Water { get; set; }

        public float Age { get; set; }
    }
}
