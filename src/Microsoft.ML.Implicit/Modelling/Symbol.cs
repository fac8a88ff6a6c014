namespace Microsoft.ML.Implicit.Modelling;

/// <summary>What a program knows by its name: a <see cref="Variable"/> or a <see cref="Parameter"/>.</summary>
public abstract class Symbol : Expression
{
    private protected Symbol(string name, int rows, int columns, Sign sign)
        : base(rows, columns, $"'{name}'")
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        if (!Enum.IsDefined(sign))
        {
            throw new ArgumentOutOfRangeException(nameof(sign), sign, "It is not a known sign.");
        }

        Name = name;
        Sign = sign;
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <inheritdoc/>
    public sealed override Sign Sign { get; }

    /// <inheritdoc/>
    public sealed override string ToString() => Name;
}
