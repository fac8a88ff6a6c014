using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Modelling;
using Microsoft.ML.Implicit.Modelling.Compilation;
using Microsoft.ML.Implicit.Solvers.Conic;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What programs and their columns are set by, learned or not.</summary>
public abstract class ConeProgramSettings : IEstimatorOptions
{
    private protected ConeProgramSettings()
    {
    }

    /// <summary>The program that is solved in every row.</summary>
    public ConvexProgram? Program { get; set; }

    /// <summary>
    /// Columns of parameters, variables and named constraints, by their names; what is not in it has the column of its own name. Parameters are read from Single or Double,
    /// scalar or vector, matrices row by row; variables and multipliers of named constraints are written as a scalar, vector or matrix.
    /// </summary>
    public IReadOnlyDictionary<string, string> ColumnNames { get; set; } = new Dictionary<string, string>();

    /// <summary>Column for the objective, or <see langword="null"/>.</summary>
    public string? ObjectiveColumnName { get; set; } = "Objective";

    /// <summary>Column for the status: the name of a <see cref="Solvers.SolveStatus"/> as text, or <see langword="null"/>.</summary>
    public string? StatusColumnName { get; set; } = "Status";

    /// <summary>
    /// Type of the numbers in all of these columns: <see cref="DataKind.Single"/>, which trainers read as features, or <see cref="DataKind.Double"/>, which large numbers with small differences need,
    /// such as sums of money that add up to the cent.
    /// </summary>
    public DataKind OutputKind { get; set; } = DataKind.Single;

    /// <summary>What happens when the program of a row is not solved.</summary>
    public UnsolvedRowHandling UnsolvedRows { get; set; } = UnsolvedRowHandling.Throw;

    /// <summary>Relative residuals and gap at which a row counts as solved.</summary>
    public double Tolerance { get; set; } = 1e-10;

    /// <summary>How programs are solved: by the interior point method, or by a first-order one where a factorisation is what takes time.</summary>
    public ConeMethod Method { get; set; } = ConeMethod.InteriorPoint;

    /// <summary>Limit on solver iterations, or <see langword="null"/> for the method's own, see <see cref="ConeOptions.MaximumIterations"/>.</summary>
    public int? MaximumIterations { get; set; }

    IEnumerable<(string Setting, string? Column)> IEstimatorOptions.OutputColumns => OutputColumns;

    private protected virtual IEnumerable<(string Setting, string? Column)> OutputColumns =>
    [
        .. Program!.Compiled.Variables.Concat(Program.Compiled.Multipliers).Select(part => (SettingOf(part), (string?)ColumnOf(part))),
        (nameof(ObjectiveColumnName), ObjectiveColumnName),
        (nameof(StatusColumnName), StatusColumnName),
    ];

    internal string ColumnOf(ProgramPart part) => ColumnNames.TryGetValue(part.Name, out string? column) ? column : part.Name;

    /// <summary>The setting that names the column of a part.</summary>
    internal string SettingOf(ProgramPart part) => ColumnNames.ContainsKey(part.Name) ? nameof(ColumnNames) : nameof(Program);

    void IEstimatorOptions.Validate() => Validate();

    private protected virtual void Validate()
    {
        Setting.Require(Program is not null, nameof(Program), "must be given");
        Setting.Require(ColumnNames is not null, nameof(ColumnNames), "must be given");
        Setting.Require(OutputNumbers.CanBe(OutputKind), nameof(OutputKind), "must be Single or Double");
        Setting.Require(Enum.IsDefined(UnsolvedRows), nameof(UnsolvedRows), "is not a known handling");
        Setting.Require(Tolerance is > 0 and < 1, nameof(Tolerance), "must lie between 0 and 1");
        Setting.Require(Enum.IsDefined(Method), nameof(Method), "is not a known method");
        Setting.Require(MaximumIterations is null or > 0, nameof(MaximumIterations), "must be positive");
        string? shared = Program!.Compiled.Variables.Select(part => part.Name).Intersect(Program.Compiled.Multipliers.Select(part => part.Name)).FirstOrDefault();
        Setting.Require(shared is null, nameof(Program), $"has a variable and a constraint named '{shared}', which would both be written to that column: give the constraint another name");
        string[] known = [.. Program.Compiled.Parts.Select(part => part.Name)];
        foreach ((string name, string column) in ColumnNames!)
        {
            Setting.Require(known.Contains(name), nameof(ColumnNames), $"names '{name}', which is no parameter, variable or named constraint of the program");
            Setting.Require(known.Count(other => other == name) == 1, nameof(ColumnNames), $"names '{name}', which is a constraint of the program and something else: give the constraint another name");
            Setting.Require(!string.IsNullOrEmpty(column), nameof(ColumnNames), $"gives '{name}' no column");
        }
    }
}
