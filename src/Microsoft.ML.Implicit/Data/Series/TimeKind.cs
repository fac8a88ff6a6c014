namespace Microsoft.ML.Implicit.Data;

/// <summary>How a column, or a member of a class, tells time.</summary>
internal enum TimeKind
{
    /// <summary>Single or Double, in a unit of the user's.</summary>
    Number,

    /// <summary><see cref="System.DateTime"/>.</summary>
    DateTime,

    /// <summary><see cref="System.DateTimeOffset"/>.</summary>
    DateTimeOffset,

    /// <summary><see cref="System.TimeSpan"/>.</summary>
    TimeSpan,
}
