using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Settings of the forecaster of mechanical systems.</summary>
/// <remarks>
/// A forecast has for each position and then for each velocity or momentum its values at all times. Where bounds are asked for, several beginnings of each series are forecast by a model that was trained
/// without it, and the bounds are as far off as the errors of those at the same time ahead: of 100 series and more a fifth is held out, of fewer five models are trained for it, each without a fifth of them.
/// </remarks>
public sealed class MechanicsOptions : ForecasterOptions
{
    /// <summary>Columns of positions: vectors of Single as long as the times, NaN where not observed.</summary>
    public string[] PositionColumnNames { get; set; } = ["Position"];

    /// <summary>
    /// Columns of the positions' velocities, in the order of the positions and in their unit a unit of time; empty where there are <see cref="MomentumColumnNames"/>, and where velocities are not
    /// measured: states are then estimated from positions alone, and positions alone are forecast.
    /// </summary>
    public string[] VelocityColumnNames { get; set; } = [];

    /// <summary>Columns of the positions' momenta, in the order of the positions, in one consistent system of units; empty where there are <see cref="VelocityColumnNames"/>.</summary>
    public string[] MomentumColumnNames { get; set; } = [];

    /// <summary>Which of <see cref="PositionColumnNames"/> are angles in radians: a whole turn more or less is the same position, in what is learned and in errors.</summary>
    public string[] AngleColumnNames { get; set; } = [];

    /// <summary>Columns of forces, torques or other inputs that are known ahead: vectors of Single; each value holds until the next one's time.</summary>
    public string[] ControlColumnNames { get; set; } = [];

    /// <summary>Column of the controls' times, or <see langword="null"/> if they are those of the observations.</summary>
    public string? ControlTimeColumnName { get; set; }

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

    /// <summary>
    /// What is learned, or <see langword="null"/>, as by default, for <see cref="MechanicsForm.Hamiltonian"/> with momenta and else for <see cref="MechanicsForm.Newtonian"/>, unless
    /// <see cref="MechanicsForm.Lagrangian"/> forecasts the series markedly better; see <see cref="CoordinatesPerBody"/> for bodies.
    /// </summary>
    public MechanicsForm? Form { get; set; }

    /// <summary>
    /// Number of positions next to each other that are the straight coordinates of one body, such as 2 in a plane, where bodies act on each other alone: the potential energy then depends on their distances, and momentum and
    /// angular momentum stay what they are however far ahead a forecast is. <see langword="null"/>, as by default, where places matter too. It goes with <see cref="MechanicsForm.Newtonian"/> and
    /// <see cref="MechanicsForm.SeparableHamiltonian"/>, one of which is then the default form.
    /// </summary>
    public int? CoordinatesPerBody { get; set; }

    /// <summary>
    /// Whether friction is learned beside the energy: a force -D(q) v with a positive definite matrix D. Without it the energy is constant in every forecast. <see langword="null"/>, as by default,
    /// for what forecasts the series markedly better.
    /// </summary>
    public bool? HasFriction { get; set; }

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

    /// <summary>Forms to choose from, the narrowest first.</summary>
    internal MechanicsForm[] Forms => Form is { } given ? [given]
        : (HasMomenta, CoordinatesPerBody) switch
        {
            (false, null) => [MechanicsForm.Newtonian, MechanicsForm.Lagrangian],
            (false, _) => [MechanicsForm.Newtonian],
            (true, null) => [MechanicsForm.Hamiltonian],
            (true, _) => [MechanicsForm.SeparableHamiltonian],
        };

    internal bool HasMomenta => MomentumColumnNames.Length > 0;

    internal string[] RateColumnNames => HasMomenta ? MomentumColumnNames : VelocityColumnNames;

    private protected override IEnumerable<(string Setting, string? Column)> LabelColumns =>
    [
        .. PositionColumnNames.Select(name => (nameof(PositionColumnNames), (string?)name)),
        .. RateColumnNames.Select(name => (HasMomenta ? nameof(MomentumColumnNames) : nameof(VelocityColumnNames), (string?)name)),
    ];

    private protected override IEnumerable<(string Setting, string? Column)> InputColumns =>
    [
        .. ControlColumnNames.Select(name => (nameof(ControlColumnNames), (string?)name)),
        (nameof(TimeColumnName), TimeColumnName),
        (nameof(ControlTimeColumnName), ControlTimeColumnName),
    ];

    private protected override IEnumerable<(string Setting, string? Column)> OutputColumns =>
    [
        .. base.OutputColumns,
        (nameof(EnergyColumnName), EnergyColumnName),
        (nameof(EnergyHistoryColumnName), EnergyHistoryColumnName),
    ];

    private protected override void Validate()
    {
        base.Validate();
        ArgumentNullException.ThrowIfNull(VelocityColumnNames);
        ArgumentNullException.ThrowIfNull(MomentumColumnNames);
        ArgumentNullException.ThrowIfNull(AngleColumnNames);
        ArgumentNullException.ThrowIfNull(ControlColumnNames);
        Setting.Require(PositionColumnNames is { Length: > 0 } && PositionColumnNames.All(name => !string.IsNullOrEmpty(name)), nameof(PositionColumnNames), "must name at least one column");
        Setting.Require(VelocityColumnNames.Length == 0 || !HasMomenta, nameof(VelocityColumnNames), $"and {nameof(MomentumColumnNames)} must not both be given");
        string rates = HasMomenta ? nameof(MomentumColumnNames) : nameof(VelocityColumnNames);
        bool hasRates = RateColumnNames.Length > 0;
        Setting.Require(
            !hasRates || (RateColumnNames.Length == PositionColumnNames.Length && RateColumnNames.All(name => !string.IsNullOrEmpty(name))), rates, $"must name as many columns as {nameof(PositionColumnNames)}, or none");
        Setting.Require(hasRates || EstimatesStates, nameof(EstimatesStates), $"must be true where neither {nameof(VelocityColumnNames)} nor {nameof(MomentumColumnNames)} are given");
        Setting.Require(hasRates || EnergyHistoryColumnName is null, nameof(EnergyHistoryColumnName), $"needs {nameof(VelocityColumnNames)} or {nameof(MomentumColumnNames)}: energies are those of observed states");
        Setting.Require(PositionColumnNames.Concat(RateColumnNames).Distinct().Count() == PositionColumnNames.Length + RateColumnNames.Length, rates, $"and {nameof(PositionColumnNames)} must not repeat a column");
        Setting.Require(AngleColumnNames.All(PositionColumnNames.Contains), nameof(AngleColumnNames), $"must be among {nameof(PositionColumnNames)}");
        Setting.Require(ControlColumnNames.All(name => !string.IsNullOrEmpty(name)), nameof(ControlColumnNames), "must not hold an empty name");
        Setting.Require(ControlTimeColumnName is null || ControlColumnNames.Length > 0, nameof(ControlTimeColumnName), $"needs {nameof(ControlColumnNames)}");
        Setting.Require(Form is null || Enum.IsDefined(Form.Value), nameof(Form), "is not a known form");
        Setting.Require(
            Form is null || (Form is MechanicsForm.Newtonian or MechanicsForm.Lagrangian) != HasMomenta,
            nameof(Form),
            $"{Form} is one of {(HasMomenta ? "velocities" : "momenta")}: {(HasMomenta ? nameof(MomentumColumnNames) : nameof(VelocityColumnNames))} must not be what is given");
        Setting.Require(
            CoordinatesPerBody is not { } axes || (axes > 0 && PositionColumnNames.Length % axes == 0 && PositionColumnNames.Length > axes),
            nameof(CoordinatesPerBody),
            $"must divide the {PositionColumnNames.Length} {nameof(PositionColumnNames)} into two bodies or more");
        Setting.Require(CoordinatesPerBody is null || AngleColumnNames.Length == 0, nameof(CoordinatesPerBody), $"is of straight coordinates: there must be no {nameof(AngleColumnNames)}");
        Setting.Require(
            CoordinatesPerBody is null || Forms is [MechanicsForm.Newtonian or MechanicsForm.SeparableHamiltonian],
            nameof(CoordinatesPerBody),
            $"goes with the {nameof(Form)} {MechanicsForm.Newtonian} or {MechanicsForm.SeparableHamiltonian}: bodies in straight coordinates have constant masses");
        Setting.Require(HiddenWidth is >= 1 and <= 4096, nameof(HiddenWidth), "must lie between 1 and 4096");
        Setting.Require(HiddenLayers is >= 1 and <= 16, nameof(HiddenLayers), "must lie between 1 and 16");
        Setting.Require(WindowLength is null or (>= 2 and <= 4096), nameof(WindowLength), "must lie between 2 and 4096");
    }
}
