using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Samples.Portfolio;

/// <summary>The state of a market at the end of a week, and the returns of the next.</summary>
internal sealed class Week
{
    /// <summary>The last day of the week.</summary>
    public string Date { get; set; } = string.Empty;

    /// <summary>Return and volatility of the market over the last weeks and months.</summary>
    public float[] Features { get; set; } = [];

    /// <summary>Next week's returns, negated.</summary>
    public float[] Costs { get; set; } = [];

    /// <summary>Risk aversion times the covariance of weekly returns, row by row.</summary>
    public float[] Risk { get; set; } = [];

    /// <summary>A data view of weeks.</summary>
    public static IDataView ToDataView(MLContext ml, IReadOnlyList<Week> weeks)
    {
        var schema = SchemaDefinition.Create(typeof(Week));
        schema[nameof(Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, weeks[0].Features.Length);
        schema[nameof(Costs)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, weeks[0].Costs.Length);
        schema[nameof(Risk)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, weeks[0].Risk.Length);
        return ml.Data.LoadFromEnumerable(weeks, schema);
    }
}
