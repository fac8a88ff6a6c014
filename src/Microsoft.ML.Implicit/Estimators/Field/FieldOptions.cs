using Microsoft.ML.Implicit.Layers.Fields;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Settings of the forecaster of fields on a grid.</summary>
/// <remarks>
/// A field counts by its weight where it is what is to be forecast. What is held out for validation are whole series, by default a fifth of five or more where <see cref="LearnsClosure"/> is set.
/// Where coefficients are all that is learned or needed, an epoch is a step of their search.
/// </remarks>
public sealed class FieldOptions : ImplicitTrainerOptions
{
    /// <summary>Column of the field at a time: a vector of Single with a value for each point of the grid, the last axis's points next to each other.</summary>
    public string InputColumnName { get; set; } = "Field";

    /// <summary>Column of a row's time, read in training alone: Single, Double, DateTime, DateTimeOffset or TimeSpan; dates and spans are counted in days.</summary>
    public string TimeColumnName { get; set; } = "Time";

    /// <summary>Column that names the series, such as the experiment or simulation, of a row, read in training alone: a key, text or a number; or <see langword="null"/> where all rows are one series.</summary>
    public string? SeriesColumnName { get; set; }

    /// <summary>Column that receives the forecast: the field at all times of <see cref="Horizon"/>, one after another.</summary>
    public string OutputColumnName { get; set; } = "Forecast";

    /// <summary>Times after a row to forecast at, rising, in the unit of the time column (days for dates).</summary>
    public double[] Horizon { get; set; } = [];

    /// <summary>Points, lengths and boundaries.</summary>
    public FieldGrid? Grid { get; set; }

    /// <summary>Parts of the equation whose form is known, each kind at most once.</summary>
    public IReadOnlyList<PhysicalTerm> Terms { get; set; } = [];

    /// <summary>Whether what <see cref="Terms"/> leave open of the equation is learned, as a function of the field and its derivatives at a point.</summary>
    public bool LearnsClosure { get; set; } = true;

    /// <summary>Highest derivative along each axis that the learned part looks at, from 0 to 2, and up to 4 where all axes are periodic.</summary>
    public int ClosureDerivatives { get; set; } = 2;

    /// <summary>Hidden width of the learned part's network.</summary>
    public int HiddenWidth { get; set; } = 16;

    /// <summary>How derivatives are computed.</summary>
    public FieldDerivatives Derivatives { get; set; } = FieldDerivatives.FourthOrder;

    /// <summary>How fields are carried on in time.</summary>
    public FieldSolver Solver { get; set; } = FieldSolver.Explicit;

    /// <summary>Rows after a row that training of the network forecasts from it, at most: at first one, at the end all.</summary>
    public int RolloutLength { get; set; } = 4;

    private protected override IEnumerable<(string Setting, string? Column)> InputColumns => [(nameof(TimeColumnName), TimeColumnName), (nameof(SeriesColumnName), SeriesColumnName)];

    private protected override IEnumerable<(string Setting, string? Column)> LabelColumns => [(nameof(InputColumnName), InputColumnName)];

    private protected override IEnumerable<(string Setting, string? Column)> OutputColumns => [(nameof(OutputColumnName), OutputColumnName)];

    private protected override void Validate()
    {
        Setting.Require(!string.IsNullOrEmpty(InputColumnName), nameof(InputColumnName), "must be given");
        Setting.Require(!string.IsNullOrEmpty(TimeColumnName), nameof(TimeColumnName), "must be given");
        Setting.Require(SeriesColumnName is not { Length: 0 }, nameof(SeriesColumnName), "must be the name of a column, or null for none");
        Setting.Require(!string.IsNullOrEmpty(OutputColumnName), nameof(OutputColumnName), "must be given");
        Setting.Require(Horizon is { Length: > 0 } && Horizon.All(time => time > 0 && double.IsFinite(time)), nameof(Horizon), "must hold times after a row, greater than zero");
        Setting.Require(Horizon!.Zip(Horizon.Skip(1)).All(pair => pair.First < pair.Second), nameof(Horizon), "must rise");
        Setting.Require(Grid is not null, nameof(Grid), "must be given: the points, lengths and boundaries of the field");
        Setting.Require(Terms is not null && Terms.All(term => term is not null), nameof(Terms), "must be given, or empty for none");
        Setting.Require(Terms!.DistinctBy(term => term.Kind).Count() == Terms!.Count, nameof(Terms), "must not repeat a kind");
        Setting.Require(
            Terms!.All(term => term.Fits(Grid!.Axes.Count)), nameof(Terms), "must have as many finite coefficients as the grid has axes for advection, one for others, above 0 for diffusion, and convection on one axis alone");
        Setting.Require(LearnsClosure || Terms!.Count > 0, nameof(Terms), $"must hold a term where {nameof(LearnsClosure)} is false: nothing would change");
        int highest = Grid!.Axes.All(axis => axis.IsPeriodic) ? 4 : 2;
        Setting.Require(ClosureDerivatives >= 0 && ClosureDerivatives <= highest, nameof(ClosureDerivatives), $"must lie between 0 and {highest} on this grid");
        Setting.Require(HiddenWidth is >= 1 and <= 1024, nameof(HiddenWidth), "must lie between 1 and 1024");
        Setting.Require(Enum.IsDefined(Derivatives), nameof(Derivatives), "is not a known scheme");
        Setting.Require(Enum.IsDefined(Solver), nameof(Solver), "is not a known solver");
        Setting.Require(RolloutLength is >= 1 and <= 64, nameof(RolloutLength), "must lie between 1 and 64");
        Setting.Require(new FieldArchitecture(this).FewestPoints <= Grid.Axes.Min(axis => axis.Points), nameof(Grid), $"must have at least {new FieldArchitecture(this).FewestPoints} points on each axis for these derivatives");
    }
}
