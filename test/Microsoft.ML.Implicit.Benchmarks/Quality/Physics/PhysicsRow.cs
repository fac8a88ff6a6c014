using Microsoft.ML.Data;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Physics;

/// <summary>A trajectory as a row, its variables in one vector that is taken apart by columns.</summary>
internal sealed class PhysicsRow
{
    public double[] Time { get; set; } = [];

    public double[] ForecastTime { get; set; } = [];

    public float[] Values { get; set; } = [];

    /// <summary>A view of trajectories.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="system">The system.</param>
    /// <param name="states">[times, rows, width].</param>
    /// <param name="ahead">Times to forecast at.</param>
    public static IDataView View(MLContext ml, PhysicalSystem system, Tensor states, double[] ahead)
    {
        int times = (int)states.shape[0];
        PhysicsRow[] rows =
        [
            .. states.permute(1, 2, 0).to(ScalarType.Float32).contiguous().data<float>().ToArray().Chunk(times * system.Variables.Length)
                .Select(values => new PhysicsRow { Time = [.. Enumerable.Range(0, times).Select(i => i * system.Gap)], ForecastTime = ahead, Values = values }),
        ];
        IDataView view = ml.Data.LoadFromEnumerable(rows);
        for (int v = 0; v < system.Variables.Length; v++)
        {
            int variable = v;
            var schema = SchemaDefinition.Create(typeof(PhysicsVariable));
            schema[nameof(PhysicsVariable.Column)].ColumnName = system.Variables[v];
            view = ml.Transforms.CustomMapping<PhysicsRow, PhysicsVariable>(
                (row, column) => column.Column = row.Values[(variable * row.Time.Length)..((variable + 1) * row.Time.Length)], contractName: null, outputSchemaDefinition: schema).Fit(view).Transform(view);
        }

        return view;
    }

    private sealed class PhysicsVariable
    {
        public float[] Column { get; set; } = [];
    }
}
