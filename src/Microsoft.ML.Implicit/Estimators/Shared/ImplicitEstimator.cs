using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Implicit.Training;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>An estimator that adds columns to its input.</summary>
/// <typeparam name="TTransformer">What it fits.</typeparam>
public abstract class ImplicitEstimator<TTransformer> : IEstimator<TTransformer>
    where TTransformer : class, ITransformer
{
    private protected ImplicitEstimator(IHostEnvironment environment, string name, IEstimatorOptions options)
    {
        ArgumentNullException.ThrowIfNull(environment);
        ArgumentNullException.ThrowIfNull(options);
        MLNetCompatibility.EnsureSupported();
        options.Validate();
        Setting.RequireColumns(options.OutputColumns);
        Setting.RequireApart(options.LabelColumns, options.InputColumns);
        Host = environment.Register(name);
    }

    private protected IHost Host { get; }

    /// <summary>Fits a transformer.</summary>
    /// <param name="input">Rows to fit it to.</param>
    /// <returns>The transformer.</returns>
    /// <exception cref="ArgumentException">A column is missing, or has the wrong type or size.</exception>
    public abstract TTransformer Fit(IDataView input);

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A column is missing or has the wrong type.</exception>
    public virtual SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        CheckColumns(inputSchema);
        Dictionary<string, SchemaShape.Column> columns = inputSchema.ToDictionary(column => column.Name);
        foreach (SchemaShape.Column column in GetOutputColumns(inputSchema))
        {
            columns[column.Name] = column;
        }

        return new SchemaShape(columns.Values);
    }

    /// <exception cref="ArgumentException">A column is missing or has the wrong type.</exception>
    private protected abstract void CheckColumns(SchemaShape schema);

    /// <summary>The columns that the transformer will add, of an input whose columns were checked.</summary>
    private protected abstract IEnumerable<SchemaShape.Column> GetOutputColumns(SchemaShape inputSchema);
}
