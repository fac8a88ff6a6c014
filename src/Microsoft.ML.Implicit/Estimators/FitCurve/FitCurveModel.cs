using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Modelling.Curves;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Implicit.Solvers.Optimization;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Everything that <see cref="FitCurveTransformer"/> does and saves.</summary>
/// <param name="Fitter">What fits the rows.</param>
/// <param name="InputColumns">A column for each input of the curve.</param>
/// <param name="ValueColumn">Column of the measured values.</param>
/// <param name="WeightColumn">Column of their weights, or null.</param>
/// <param name="Outputs">The columns written.</param>
/// <param name="OutputKind">Type of the numbers that are written.</param>
/// <param name="UnsolvedRows">What happens to rows whose fit does not converge.</param>
internal sealed record FitCurveModel(
    CurveFitter Fitter,
    IReadOnlyList<string> InputColumns,
    string ValueColumn,
    string? WeightColumn,
    IReadOnlyList<(FitCurvePart Part, string Name)> Outputs,
    DataKind OutputKind,
    UnsolvedRowHandling UnsolvedRows)
{
    public static FitCurveModel Create(FitCurveOptions options)
    {
        (FitCurvePart Part, string? Name)[] outputs =
        [
            (FitCurvePart.Parameters, options.ParameterColumnName),
            (FitCurvePart.StandardErrors, options.StandardErrorColumnName),
            (FitCurvePart.Covariance, options.CovarianceColumnName),
            (FitCurvePart.ResidualDeviation, options.ResidualDeviationColumnName),
            (FitCurvePart.Fitted, options.FittedColumnName),
            (FitCurvePart.Status, options.StatusColumnName),
        ];
        return new FitCurveModel(
            options.CreateFitter(),
            [.. options.Inputs.Select(options.ColumnOf)],
            options.ValueColumnName,
            options.WeightColumnName,
            [.. outputs.Where(output => output.Name is not null).Select(output => (output.Part, output.Name!))],
            options.OutputKind,
            options.UnsolvedRows);
    }

    /// <summary>The columns that are read.</summary>
    public IEnumerable<string> Columns => [.. InputColumns, ValueColumn, .. WeightColumn is null ? Array.Empty<string>() : [WeightColumn]];

    /// <summary>Checks the columns that are read.</summary>
    /// <exception cref="ArgumentException">One is missing, holds no numbers, or has another length than the values.</exception>
    public void CheckColumns(DataViewSchema schema)
    {
        DataViewSchema.Column values = PointColumn.Find(schema, ValueColumn);
        foreach (string name in InputColumns)
        {
            CheckLength(values, PointColumn.Find(schema, name, mayBeScalar: true));
        }

        if (WeightColumn is not null)
        {
            CheckLength(values, PointColumn.Find(schema, WeightColumn));
        }
    }

    public DataViewType TypeOf(FitCurvePart part)
    {
        int count = Fitter.Curve.Parameters.Count;
        NumberDataViewType number = OutputNumbers.TypeOf(OutputKind);
        return part switch
        {
            FitCurvePart.Status => TextDataViewType.Instance,
            FitCurvePart.ResidualDeviation => number,
            FitCurvePart.Fitted => new VectorDataViewType(number),
            FitCurvePart.Covariance => new VectorDataViewType(number, count, count),
            _ => new VectorDataViewType(number, count),
        };
    }

    /// <summary>Whether the slots of a column are the parameters.</summary>
    public static bool HasParameterSlots(FitCurvePart part) => part is FitCurvePart.Parameters or FitCurvePart.StandardErrors;

    public void Write(DocumentWriter writer)
    {
        CurveFitOptions options = Fitter.Options;
        writer.Write("expression", Fitter.Curve.Text);
        writer.Write("inputs", Fitter.Curve.Inputs);
        writer.Write("input_columns", InputColumns);
        writer.Write("value_column", ValueColumn);
        writer.Write("weight_column", WeightColumn);
        writer.Write("starting_values", InOrder(options.StartingValues, double.NaN));
        writer.Write("lower_bounds", InOrder(options.LowerBounds, double.NaN));
        writer.Write("upper_bounds", InOrder(options.UpperBounds, double.NaN));
        writer.Write("loss", options.Loss.Name);
        writer.Write("loss_scale", options.Loss.Scale);
        writer.Write("tolerance", options.Search.Tolerance);
        writer.Write("maximum_iterations", options.Search.MaximumIterations);
        writer.Write("unsolved_rows", UnsolvedRows);
        writer.Write("output_kind", OutputKind);
        writer.Write("output_parts", Outputs.Select(output => output.Part.ToString()));
        writer.Write("output_columns", Outputs.Select(output => output.Name));
    }

    /// <exception cref="FormatException">A value is out of range.</exception>
    public static FitCurveModel Read(DocumentReader reader)
    {
        string[] inputs = reader.Texts("inputs"), columns = reader.Texts("input_columns"), names = reader.Texts("output_columns");
        FitCurvePart[] parts = reader.Enums<FitCurvePart>("output_parts");
        DataKind kind = OutputNumbers.Read(reader);
        (double tolerance, int iterations) = (reader.Double("tolerance"), reader.Int32("maximum_iterations"));
        if (inputs.Length != columns.Length || parts.Length != names.Length || !OutputNumbers.CanBe(kind) || tolerance is not (> 0 and < 1) || iterations < 1)
        {
            throw new FormatException("The model file describes an impossible fit of curves.");
        }

        try
        {
            var curve = Curve.Parse(reader.Text("expression"), inputs);
            Dictionary<string, double> lower = ByName(curve, reader.Doubles("lower_bounds")), upper = ByName(curve, reader.Doubles("upper_bounds"));
            var fitter = new CurveFitter(curve, new CurveFitOptions
            {
                StartingValues = Within(ByName(curve, reader.Doubles("starting_values")), lower, upper),
                LowerBounds = lower,
                UpperBounds = upper,
                Loss = RobustLoss.Parse(reader.Text("loss"), reader.Double("loss_scale")),
                Search = new LeastSquaresSettings { Tolerance = tolerance, MaximumIterations = iterations },
            });
            return new FitCurveModel(
                fitter, columns, reader.Text("value_column"), reader.OptionalText("weight_column"), [.. parts.Zip(names)], kind, reader.Enum<UnsolvedRowHandling>("unsolved_rows"));
        }
        catch (ArgumentException exception)
        {
            throw new FormatException("The model file describes an impossible fit of curves.", exception);
        }
    }

    private static Dictionary<string, double> ByName(Curve curve, double[] values) =>
        values.Length == curve.Parameters.Count
            ? curve.Parameters.Zip(values).Where(pair => !double.IsNaN(pair.Second)).ToDictionary()
            : throw new FormatException($"The model file has {values.Length} numbers for {curve.Parameters.Count} parameters.");

    // Files of versions that took any start for the nearest within the bounds are read as before.
    private static Dictionary<string, double> Within(Dictionary<string, double> starts, Dictionary<string, double> lower, Dictionary<string, double> upper) => starts.ToDictionary(
        start => start.Key,
        start => Math.Min(Math.Max(start.Value, lower.GetValueOrDefault(start.Key, double.NegativeInfinity)), upper.GetValueOrDefault(start.Key, double.PositiveInfinity)));

    private double[] InOrder(IReadOnlyDictionary<string, double> values, double absent) =>
        [.. Fitter.Curve.Parameters.Select(name => values.TryGetValue(name, out double value) ? value : absent)];

    private static void CheckLength(DataViewSchema.Column values, DataViewSchema.Column column)
    {
        int expected = values.Type.GetVectorSize(), length = column.Type.GetVectorSize();
        if (column.Type is VectorDataViewType && expected > 0 && length > 1 && length != expected)
        {
            throw new ArgumentException($"Column '{column.Name}' holds {column.Type}; column '{values.Name}' has {expected} values.", nameof(column));
        }
    }
}
