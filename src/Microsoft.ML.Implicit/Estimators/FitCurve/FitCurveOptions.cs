using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Modelling.Curves;
using Microsoft.ML.Implicit.Modelling.Curves.Expressions;
using Microsoft.ML.Implicit.Solvers.Optimization;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Settings of <see cref="FitCurveEstimator"/>.</summary>
public sealed class FitCurveOptions : IEstimatorOptions
{
    /// <summary>The curve, such as <c>a * exp(-k * Time) + c</c>; see <see cref="Curve"/> for what can be written. Every name that is no input is a parameter.</summary>
    public string? Expression { get; set; }

    /// <summary>
    /// Names in the expression that are read: each from the column of that name, or of <see cref="ColumnNames"/>. A vector of Single or Double has one value for each measured
    /// value, also where its length varies from row to row; a scalar holds for all of them.
    /// </summary>
    public IReadOnlyList<string> Inputs { get; set; } = [];

    /// <summary>Columns of inputs, by their names in the expression, where they are called otherwise there.</summary>
    public IReadOnlyDictionary<string, string> ColumnNames { get; set; } = new Dictionary<string, string>();

    /// <summary>Column of the measured values: a vector of Single or Double, NaN for what is missing.</summary>
    public string ValueColumnName { get; set; } = "Value";

    /// <summary>Column of the weights of squared residuals, a vector like the values, such as inverse variances; <see langword="null"/> for ones.</summary>
    public string? WeightColumnName { get; set; }

    /// <summary>Where to set out, by the names of parameters. Parameters that it lacks are searched for, among many starts in the units of the data.</summary>
    public IReadOnlyDictionary<string, double> StartingValues { get; set; } = new Dictionary<string, double>();

    /// <summary>Lower bounds, by the names of parameters.</summary>
    public IReadOnlyDictionary<string, double> LowerBounds { get; set; } = new Dictionary<string, double>();

    /// <summary>Upper bounds, by the names of parameters.</summary>
    public IReadOnlyDictionary<string, double> UpperBounds { get; set; } = new Dictionary<string, double>();

    /// <summary>Loss of a weighted residual; a robust one makes outliers count less.</summary>
    public RobustLoss Loss { get; set; } = RobustLoss.Squares;

    /// <summary>Column for the parameters (vector), in the order in which they first stand in the expression, their names as slot names.</summary>
    public string? ParameterColumnName { get; set; } = "Parameters";

    /// <summary>Column for their standard errors (vector), or <see langword="null"/>.</summary>
    public string? StandardErrorColumnName { get; set; } = "StandardErrors";

    /// <summary>Column for their covariance (matrix), or <see langword="null"/>.</summary>
    public string? CovarianceColumnName { get; set; }

    /// <summary>Column for the standard deviation of the residuals, or <see langword="null"/>.</summary>
    public string? ResidualDeviationColumnName { get; set; }

    /// <summary>Column for the values of the fitted curve at all points, also where the measured value is missing (vector of varying length), or <see langword="null"/>.</summary>
    public string? FittedColumnName { get; set; }

    /// <summary>Column for the status: the name of a <see cref="Solvers.SolveStatus"/> as text, or <see langword="null"/>.</summary>
    public string? StatusColumnName { get; set; } = "Status";

    /// <summary>
    /// Type of the numbers in all of these columns: <see cref="DataKind.Single"/>, which trainers read as features, or <see cref="DataKind.Double"/>, which places far from zero need, such
    /// as dates in seconds.
    /// </summary>
    public DataKind OutputKind { get; set; } = DataKind.Single;

    /// <summary>What happens when a row's fit does not converge.</summary>
    public UnsolvedRowHandling UnsolvedRows { get; set; } = UnsolvedRowHandling.ReturnMissing;

    /// <summary>What is left of the residuals in the tangent space at which a row counts as fitted, see <see cref="LeastSquaresSettings.Tolerance"/>.</summary>
    public double Tolerance { get; set; } = 1e-10;

    /// <summary>Limit on the steps of a search.</summary>
    public int MaximumIterations { get; set; } = 200;

    IEnumerable<(string Setting, string? Column)> IEstimatorOptions.InputColumns =>
        Inputs.Select(input => (SettingOf(input), (string?)ColumnOf(input)));

    IEnumerable<(string Setting, string? Column)> IEstimatorOptions.LabelColumns => [(nameof(ValueColumnName), ValueColumnName)];

    IEnumerable<(string Setting, string? Column)> IEstimatorOptions.OutputColumns =>
    [
        (nameof(ParameterColumnName), ParameterColumnName),
        (nameof(StandardErrorColumnName), StandardErrorColumnName),
        (nameof(CovarianceColumnName), CovarianceColumnName),
        (nameof(ResidualDeviationColumnName), ResidualDeviationColumnName),
        (nameof(FittedColumnName), FittedColumnName),
        (nameof(StatusColumnName), StatusColumnName),
    ];

    internal string ColumnOf(string input) => ColumnNames.TryGetValue(input, out string? column) ? column : input;

    /// <summary>The setting that names the column of an input.</summary>
    internal string SettingOf(string input) => ColumnNames.ContainsKey(input) ? nameof(ColumnNames) : nameof(Inputs);

    /// <exception cref="ArgumentException">A setting is out of range; the message names it.</exception>
    internal CurveFitter CreateFitter()
    {
        Curve curve;
        try
        {
            curve = Curve.Parse(Expression!, Inputs);
        }
        catch (FormatException exception)
        {
            throw new ArgumentException($"Expression: {exception.Message}", nameof(Expression), exception);
        }

        foreach (string input in Inputs)
        {
            bool isUsed = curve.Graph.Nodes.Any(node => node.Operation == CurveOperation.Input && curve.Inputs[node.Left] == input);
            Setting.Require(isUsed, nameof(Inputs), $"names '{input}', which '{Expression}' does not use");
        }

        return new CurveFitter(curve, new CurveFitOptions
        {
            StartingValues = new Dictionary<string, double>(StartingValues),
            LowerBounds = new Dictionary<string, double>(LowerBounds),
            UpperBounds = new Dictionary<string, double>(UpperBounds),
            Loss = Loss,
            Search = new LeastSquaresSettings { Tolerance = Tolerance, MaximumIterations = MaximumIterations },
        });
    }

    void IEstimatorOptions.Validate()
    {
        Setting.Require(!string.IsNullOrWhiteSpace(Expression), nameof(Expression), "must be given");
        Setting.Require(Inputs is not null, nameof(Inputs), "must be given");
        Setting.Require(ColumnNames is not null, nameof(ColumnNames), "must be given");
        Setting.Require(!string.IsNullOrEmpty(ValueColumnName), nameof(ValueColumnName), "must be given");
        Setting.Require(WeightColumnName != string.Empty, nameof(WeightColumnName), "must be the name of a column, or null for none");
        Setting.Require(StartingValues is not null, nameof(StartingValues), "must be given");
        Setting.Require(LowerBounds is not null, nameof(LowerBounds), "must be given");
        Setting.Require(UpperBounds is not null, nameof(UpperBounds), "must be given");
        Setting.Require(Loss is not null, nameof(Loss), "must be given");
        Setting.Require(OutputNumbers.CanBe(OutputKind), nameof(OutputKind), "must be Single or Double");
        Setting.Require(Enum.IsDefined(UnsolvedRows), nameof(UnsolvedRows), "is not a known handling");
        Setting.Require(Tolerance is > 0 and < 1, nameof(Tolerance), "must lie between 0 and 1");
        Setting.Require(MaximumIterations > 0, nameof(MaximumIterations), "must be positive");
        foreach ((string name, string column) in ColumnNames!)
        {
            Setting.Require(Inputs!.Contains(name), nameof(ColumnNames), $"names '{name}', which is none of the inputs");
            Setting.Require(!string.IsNullOrEmpty(column), nameof(ColumnNames), $"gives '{name}' no column");
        }

        CreateFitter();
    }
}
