using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Settings of the forecaster of mechanical systems.</summary>
public sealed class MechanicsOptions : ITrainerOptions
{
    /// <summary>Column of each row's observation times: a vector of Single, Double, DateTime, DateTimeOffset or TimeSpan; dates and spans are counted in days.</summary>
    public string TimeColumnName { get; set; } = "Time";

    /// <summary>Columns of positions: vectors of Single as long as the times, NaN where not observed.</summary>
    public string[] PositionColumnNames { get; set; } = ["Position"];

    /// <summary>Columns of the positions' velocities, in the order of the positions and in their unit a unit of time; empty where there are <see cref="MomentumColumnNames"/>.</summary>
    public string[] VelocityColumnNames { get; set; } = [];

    /// <summary>Columns of the positions' momenta, in the order of the positions, in one consistent system of units; empty where there are <see cref="VelocityColumnNames"/>.</summary>
    public string[] MomentumColumnNames { get; set; } = [];

    /// <summary>Which of <see cref="PositionColumnNames"/> are angles in radians: a whole turn more or less is the same position, in what is learned and in errors.</summary>
    public string[] AngleColumnNames { get; set; } = [];

    /// <summary>Columns of forces, torques or other inputs that are known ahead: vectors of Single; each value holds until the next one's time.</summary>
    public string[] ControlColumnNames { get; set; } = [];

    /// <summary>Column of the controls' times, or <see langword="null"/> if they are those of the observations.</summary>
    public string? ControlTimeColumnName { get; set; }

    /// <summary>Column of example weights (Single, not negative; series of weight 0 are left out), or <see langword="null"/>.</summary>
    public string? ExampleWeightColumnName { get; set; }

    /// <summary>Times ahead to forecast at, in the unit of the time column (days for dates), counted from the time of a series' last row.</summary>
    public double[] Horizon { get; set; } = [];

    /// <summary>Column of times to forecast at, a vector of the time column's kind, in place of <see cref="Horizon"/>.</summary>
    public string? ForecastTimeColumnName { get; set; }

    /// <summary>Column that receives the forecast: for each position and then for each velocity or momentum its values at all times.</summary>
    public string OutputColumnName { get; set; } = "Forecast";

    /// <summary>
    /// Column that receives the energy at the last observation (Single), or <see langword="null"/>. It is counted from the least one in the training series; of momenta it has the
    /// unit that their products with velocities have, of velocities it is the energy for each unit of the first position's inertia.
    /// </summary>
    public string? EnergyColumnName { get; set; } = "Energy";

    /// <summary>
    /// Column that receives the energy at each observation, in the order of time (a vector of Single), or <see langword="null"/>, as by default: what is steady while nothing but what training saw acts on the
    /// system. It is NaN where not all is observed.
    /// </summary>
    public string? EnergyHistoryColumnName { get; set; }

    /// <summary>What is learned, or <see langword="null"/>, as by default, for <see cref="MechanicsForm.Lagrangian"/> with velocities and <see cref="MechanicsForm.Hamiltonian"/> with momenta.</summary>
    public MechanicsForm? Form { get; set; }

    /// <summary>Whether friction is learned beside the energy: a force -D(q) v with a positive definite matrix D. Without it the energy is constant in every forecast.</summary>
    public bool HasFriction { get; set; }

    /// <summary>Width of the hidden layers of every network.</summary>
    public int HiddenWidth { get; set; } = 32;

    /// <summary>Hidden layers of every network.</summary>
    public int HiddenLayers { get; set; } = 2;

    /// <summary>
    /// Observations that follow each other in a training example, and from which the state that a forecast sets out from is estimated: the more the noisier observations are, at the cost of time.
    /// <see langword="null"/> stands for as many as last for one and a half times the time in which the system moves by its standard deviation, from 4 to 16, and for 2 where states are not estimated.
    /// </summary>
    public int? WindowLength { get; set; }

    /// <summary>
    /// Whether states are estimated from a window of observations by least squares on the learned motion, which takes observations for noisy and missing ones as they are; where not, the
    /// first observation of an example and the last one of a series are taken for exact, which is quicker and, of simulations and the like, learns more.
    /// </summary>
    public bool EstimatesStates { get; set; } = true;

    /// <summary>Epochs, learning rate, validation, seed, device, progress and cancellation.</summary>
    public TrainingOptions Training { get; set; } = new();

    internal MechanicsForm ChosenForm => Form ?? (VelocityColumnNames.Length > 0 ? MechanicsForm.Lagrangian : MechanicsForm.Hamiltonian);

    internal string[] RateColumnNames => VelocityColumnNames.Length > 0 ? VelocityColumnNames : MomentumColumnNames;

    IEnumerable<(string Setting, string? Column)> IEstimatorOptions.LabelColumns =>
    [
        .. PositionColumnNames.Select(name => (nameof(PositionColumnNames), (string?)name)),
        .. RateColumnNames.Select(name => (VelocityColumnNames.Length > 0 ? nameof(VelocityColumnNames) : nameof(MomentumColumnNames), (string?)name)),
    ];

    IEnumerable<(string Setting, string? Column)> IEstimatorOptions.InputColumns =>
    [
        .. ControlColumnNames.Select(name => (nameof(ControlColumnNames), (string?)name)),
        (nameof(TimeColumnName), TimeColumnName),
        (nameof(ControlTimeColumnName), ControlTimeColumnName),
    ];

    IEnumerable<(string Setting, string? Column)> IEstimatorOptions.OutputColumns =>
        [(nameof(OutputColumnName), OutputColumnName), (nameof(EnergyColumnName), EnergyColumnName), (nameof(EnergyHistoryColumnName), EnergyHistoryColumnName)];

    void IEstimatorOptions.Validate()
    {
        ArgumentException.ThrowIfNullOrEmpty(TimeColumnName);
        ArgumentException.ThrowIfNullOrEmpty(OutputColumnName);
        ArgumentNullException.ThrowIfNull(VelocityColumnNames);
        ArgumentNullException.ThrowIfNull(MomentumColumnNames);
        ArgumentNullException.ThrowIfNull(AngleColumnNames);
        ArgumentNullException.ThrowIfNull(ControlColumnNames);
        ArgumentNullException.ThrowIfNull(Horizon);
        ArgumentNullException.ThrowIfNull(Training);
        Setting.Require(PositionColumnNames is { Length: > 0 } && PositionColumnNames.All(name => !string.IsNullOrEmpty(name)), nameof(PositionColumnNames), "must name at least one column");
        Setting.Require(VelocityColumnNames.Length > 0 != MomentumColumnNames.Length > 0, nameof(VelocityColumnNames), $"or {nameof(MomentumColumnNames)} must be given, and not both");
        string rates = VelocityColumnNames.Length > 0 ? nameof(VelocityColumnNames) : nameof(MomentumColumnNames);
        Setting.Require(RateColumnNames.Length == PositionColumnNames.Length && RateColumnNames.All(name => !string.IsNullOrEmpty(name)), rates, $"must name as many columns as {nameof(PositionColumnNames)}");
        Setting.Require(PositionColumnNames.Concat(RateColumnNames).Distinct().Count() == 2 * PositionColumnNames.Length, rates, $"and {nameof(PositionColumnNames)} must not repeat a column");
        Setting.Require(AngleColumnNames.All(PositionColumnNames.Contains), nameof(AngleColumnNames), $"must be among {nameof(PositionColumnNames)}");
        Setting.Require(ControlColumnNames.All(name => !string.IsNullOrEmpty(name)), nameof(ControlColumnNames), "must not hold an empty name");
        Setting.Require(ControlTimeColumnName is null || ControlColumnNames.Length > 0, nameof(ControlTimeColumnName), $"needs {nameof(ControlColumnNames)}");
        Setting.Require(Horizon.Length > 0 != ForecastTimeColumnName is not null, nameof(Horizon), $"or {nameof(ForecastTimeColumnName)} must be given, and not both");
        Setting.Require(Horizon.All(time => time > 0 && double.IsFinite(time)), nameof(Horizon), "must hold times after the last observation, greater than zero");
        Setting.Require(Form is null || Enum.IsDefined(Form.Value), nameof(Form), "is not a known form");
        Setting.Require(
            Form is null || (Form is MechanicsForm.Newtonian or MechanicsForm.Lagrangian) == VelocityColumnNames.Length > 0,
            nameof(Form),
            $"{Form} is one of {(VelocityColumnNames.Length > 0 ? "momenta" : "velocities")}: {rates} must not be what is given");
        Setting.Require(HiddenWidth is >= 1 and <= 4096, nameof(HiddenWidth), "must lie between 1 and 4096");
        Setting.Require(HiddenLayers is >= 1 and <= 16, nameof(HiddenLayers), "must lie between 1 and 16");
        Setting.Require(WindowLength is null or (>= 2 and <= 4096), nameof(WindowLength), "must lie between 2 and 4096");
        Training.Validate();
    }
}
