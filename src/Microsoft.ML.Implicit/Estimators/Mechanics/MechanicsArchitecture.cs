using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Layers.Ode.Mechanics;
using Microsoft.ML.Implicit.Persistence;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What a model file must say about learned dynamics before their parameters can be read.</summary>
/// <param name="Form">What is learned.</param>
/// <param name="Positions">n, the number of positions.</param>
/// <param name="Angles">Which of them are angles.</param>
/// <param name="Controls">Number of controls.</param>
/// <param name="HasFriction">Whether there is friction.</param>
/// <param name="CoordinatesPerBody">Coordinates of a body where only distances between bodies matter, or 0.</param>
/// <param name="HiddenWidth">Width of hidden layers.</param>
/// <param name="HiddenLayers">Number of hidden layers.</param>
internal sealed record MechanicsArchitecture(MechanicsForm Form, int Positions, int[] Angles, int Controls, bool HasFriction, int CoordinatesPerBody, int HiddenWidth, int HiddenLayers)
{
    // Friction is small against what moves the bodies, or they would not be worth following.
    private const double InitialFriction = 0.01;

    private const string CoordinatesPerBodyName = "coordinates_per_body";

    /// <summary>What options leave to choose from, the simplest first.</summary>
    public static MechanicsArchitecture[] Candidates(MechanicsOptions options) =>
    [
        .. options.Forms.SelectMany(form => Friction(options).Select(hasFriction => new MechanicsArchitecture(
            form,
            options.PositionColumnNames.Length,
            AnglesOf(options),
            options.ControlColumnNames.Length,
            hasFriction,
            options.CoordinatesPerBody ?? 0,
            options.HiddenWidth,
            options.HiddenLayers))),
    ];

    /// <summary>Which positions of options are angles.</summary>
    public static int[] AnglesOf(MechanicsOptions options) => [.. options.AngleColumnNames.Distinct().Select(name => Array.IndexOf(options.PositionColumnNames, name)).Order()];

    private static bool[] Friction(MechanicsOptions options) => options.HasFriction is { } given ? [given] : [false, true];

    /// <summary>Whether states have momenta rather than velocities.</summary>
    public bool HasMomenta => Form is not (MechanicsForm.Newtonian or MechanicsForm.Lagrangian);

    /// <summary>Whether columns are those of such a system, with velocities or without.</summary>
    public bool Fits(SeriesColumns columns) =>
        (columns.Values.Length == 2 * Positions || (columns.Values.Length == Positions && !HasMomenta)) && columns.Covariates.Length == Controls;

    private long[] HiddenWidths => [.. Enumerable.Repeat((long)HiddenWidth, HiddenLayers)];

    /// <summary>The options that name the columns of such a system.</summary>
    public SeriesSettings Settings => SettingsOf(Positions, HasMomenta);

    /// <inheritdoc cref="Settings"/>
    public static SeriesSettings SettingsOf(int positions, bool hasMomenta) => new(
        nameof(MechanicsOptions.TimeColumnName),
        variable => variable < positions ? nameof(MechanicsOptions.PositionColumnNames) : hasMomenta ? nameof(MechanicsOptions.MomentumColumnNames) : nameof(MechanicsOptions.VelocityColumnNames),
        Statics: string.Empty,
        nameof(MechanicsOptions.ControlTimeColumnName),
        nameof(MechanicsOptions.ControlColumnNames));

    /// <summary>Dynamics with initial weights, in float64: forecasts are to keep the energy over many periods.</summary>
    public MechanicalDynamics CreateDynamics(Generator generator)
    {
        PositiveDefiniteMatrix? friction = HasFriction ? Matrix(HiddenWidths, InitialFriction) : null;
        ControlMatrix? control = Controls > 0 ? new ControlMatrix(Positions, Controls, generator, HiddenWidths, angles: Angles) : null;
        MechanicalDynamics dynamics = Form switch
        {
            MechanicsForm.Newtonian => new LagrangianDynamics(Matrix(null), Potential(), friction, control),
            MechanicsForm.Lagrangian => new LagrangianDynamics(Matrix(HiddenWidths), Potential(), friction, control),
            MechanicsForm.SeparableHamiltonian => new HamiltonianDynamics(new InertialEnergy(Matrix(null), Potential()), friction, control),
            MechanicsForm.InertialHamiltonian => new HamiltonianDynamics(new InertialEnergy(Matrix(HiddenWidths), Potential()), friction, control),
            _ => new HamiltonianDynamics(new PerceptronEnergy(2 * Positions, HiddenWidths, generator, angles: Angles), friction, control),
        };
        dynamics.to(ScalarType.Float64);
        return dynamics;

        EnergyFunction Potential() => CoordinatesPerBody > 0
            ? new PairwiseEnergy(Positions / CoordinatesPerBody, CoordinatesPerBody, HiddenWidths, generator)
            : new PerceptronEnergy(Positions, HiddenWidths, generator, angles: Angles);
        PositiveDefiniteMatrix Matrix(long[]? hiddenWidths, double initialValue = 1) => new(Positions, generator, hiddenWidths, initialValue, angles: Angles);
    }

    public bool Equals(MechanicsArchitecture? other) => other is not null
        && (Form, Positions, Controls, HasFriction, CoordinatesPerBody, HiddenWidth, HiddenLayers)
            == (other.Form, other.Positions, other.Controls, other.HasFriction, other.CoordinatesPerBody, other.HiddenWidth, other.HiddenLayers)
        && Angles.SequenceEqual(other.Angles);

    public override int GetHashCode() => HashCode.Combine(Form, Positions, Controls, HasFriction, CoordinatesPerBody, HiddenWidth, HiddenLayers);

    public void Write(DocumentWriter writer)
    {
        writer.Write("form", Form);
        writer.Write("positions", Positions);
        writer.Write("angles", Angles);
        writer.Write("controls", Controls);
        writer.Write("has_friction", HasFriction);
        writer.Write(CoordinatesPerBodyName, CoordinatesPerBody);
        writer.Write("hidden_width", HiddenWidth);
        writer.Write("hidden_layers", HiddenLayers);
    }

    /// <exception cref="FormatException">A value is out of range.</exception>
    public static MechanicsArchitecture Read(DocumentReader reader)
    {
        var architecture = new MechanicsArchitecture(
            reader.Enum<MechanicsForm>("form"),
            reader.Int32("positions"),
            reader.Int32s("angles"),
            reader.Int32("controls"),
            reader.Boolean("has_friction"),
            reader.OptionalText(CoordinatesPerBodyName) is null ? 0 : reader.Int32(CoordinatesPerBodyName),
            reader.Int32("hidden_width"),
            reader.Int32("hidden_layers"));
        return architecture.IsPlausible(reader.TensorBytes) ? architecture : throw new FormatException("The model file describes impossible dynamics.");
    }

    // Layers have more than one parameter of eight bytes for each pair of units, so sizes beyond the tensors' are refused
    // before anything is allocated for them.
    private bool IsPlausible(long tensorBytes) =>
        Positions is >= 1 and <= 65536 && Controls is >= 0 and <= 65536 && HiddenWidth is >= 1 and <= 65536 && HiddenLayers is >= 1 and <= 16
        && (long)(Positions + Controls) * HiddenWidth <= tensorBytes
        && (HiddenLayers == 1 || (long)HiddenWidth * HiddenWidth * (HiddenLayers - 1) <= tensorBytes)
        && (Form is MechanicsForm.Hamiltonian && !HasFriction ? 1 : (long)Positions * Positions) <= tensorBytes
        && (CoordinatesPerBody == 0 || (CoordinatesPerBody > 0 && Positions % CoordinatesPerBody == 0 && Positions > CoordinatesPerBody && Angles.Length == 0
            && (long)Positions * Positions / CoordinatesPerBody / CoordinatesPerBody <= tensorBytes))
        && Array.TrueForAll(Angles, angle => angle >= 0 && angle < Positions) && Angles.Distinct().Count() == Angles.Length;
}
