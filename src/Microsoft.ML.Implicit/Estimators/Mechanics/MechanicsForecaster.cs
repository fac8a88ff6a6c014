using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Training;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Trains a forecaster of mechanical systems from series of positions and velocities or momenta: an energy is learned, and Lagrange's or Hamilton's equations of it are solved (Greydanus, Dzamba, Yosinski, "Hamiltonian neural networks",
/// 2019; Lutter, Ritter, Peters, "Deep Lagrangian networks", 2019; Zhong, Dey, Chakraborty, "Symplectic ODE-Net", 2020). Each row holds a whole series; times need no grid.
/// </summary>
/// <remarks>
/// Training looks at windows of observations: the motion through each is predicted from the state at its start, which is estimated from the window itself. Without friction and
/// controls the energy of a forecast is constant, so that it neither dies down nor blows up however far ahead it is.
/// </remarks>
public sealed class MechanicsForecaster : ImplicitTrainer<MechanicsTransformer, MechanicsModelParameters>
{
    private readonly MechanicsOptions _options;
    private readonly SeriesColumns _input;
    private readonly MechanicsColumns _output;

    internal MechanicsForecaster(IHostEnvironment environment, MechanicsOptions options)
        : base(environment, nameof(MechanicsForecaster), options)
    {
        _options = options;
        _input = new SeriesColumns(options.TimeColumnName, [.. options.PositionColumnNames, .. options.RateColumnNames], [], options.ControlTimeColumnName, options.ControlColumnNames)
        {
            Settings = MechanicsArchitecture.SettingsOf(options.PositionColumnNames.Length, options.MomentumColumnNames.Length > 0),
        };
        _output = new MechanicsColumns(
            options.OutputColumnName, options.ConfidenceLowerBoundColumn, options.ConfidenceUpperBoundColumn, options.EnergyColumnName, options.EnergyHistoryColumnName, options.Horizon, options.ForecastTimeColumnName);
    }

    /// <exception cref="ArgumentException">A column is missing or has the wrong type.</exception>
    internal static void Check(SchemaShape schema, SeriesColumns input, MechanicsColumns output)
    {
        input.Check(schema);
        foreach (string control in input.Covariates)
        {
            InputColumns.Check(schema, input.Settings.Covariates, control, column => column.ItemType.Equals(NumberDataViewType.Single), "a vector of Single");
        }

        if (output.Times is not null)
        {
            SeriesColumns.CheckTimes(schema, nameof(MechanicsOptions.ForecastTimeColumnName), output.Times);
        }
    }

    private protected override void CheckColumns(SchemaShape schema)
    {
        Check(schema, _input, _output);
        InputColumns.CheckWeight(schema, _options.ExampleWeightColumnName);
    }

    private protected override IEnumerable<SchemaShape.Column> GetOutputColumns(SchemaShape inputSchema) => _output.Names.Select(name =>
    {
        DataViewType type = _output.Type(name, _input.Values.Length);
        SchemaShape.Column.VectorKind kind = type is not VectorDataViewType vector ? SchemaShape.Column.VectorKind.Scalar
            : vector.IsKnownSize ? SchemaShape.Column.VectorKind.Vector : SchemaShape.Column.VectorKind.VariableVector;
        SchemaShape.Column[] annotations = kind == SchemaShape.Column.VectorKind.Vector
            ? [new SchemaShape.Column(AnnotationUtils.Kinds.SlotNames, SchemaShape.Column.VectorKind.Vector, TextDataViewType.Instance, false)]
            : [];
        return new SchemaShape.Column(name, kind, NumberDataViewType.Single, false, new SchemaShape(annotations));
    });

    private protected override IModelTraining<MechanicsModelParameters> CreateTraining(DataViewSchema schema, TrainingRun run) =>
        new MechanicsTraining(_options, new SeriesSetReader(_input, _options.ExampleWeightColumnName), run);

    private protected override MechanicsTransformer CreateTransformer(MechanicsModelParameters model, DataViewSchema schema) => new(Host, model, _input, _output);
}
